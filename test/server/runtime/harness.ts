import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { Deployer } from '../../harness/endpoints.ts';
import { type ApiFixture, credentials, openApi } from '../harness.ts';

/** The services of a home with a client of SageMaker Runtime. */
export interface RuntimeFixture extends Deployer, AsyncDisposable {
  readonly api: ApiFixture;
}

/** Opens the services. Dispose of them: endpoints end with them. */
export async function openRuntime(options: Parameters<typeof openApi>[0] = {}): Promise<RuntimeFixture> {
  const api = await openApi(options);
  const runtime = runtimeClient(api.url);
  return {
    api,
    runtime,
    client: api.client,
    store: api.jobs.store,
    bucket: api.jobs.bucket,
    [Symbol.asyncDispose]: async () => {
      runtime.destroy();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** A client that tries once. */
export function runtimeClient(url: string): SageMakerRuntimeClient {
  return new SageMakerRuntimeClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}
