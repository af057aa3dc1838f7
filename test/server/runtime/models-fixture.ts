import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ContainerDefinition, CreateModelCommand } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { archive, deploy } from '../../harness/endpoints.ts';
import { openRuntime, type RuntimeFixture } from './harness.ts';

const SERVER = fileURLToPath(new URL('../../fixtures/serving/models-server.cjs', import.meta.url));

/** The image that SERVER stands for. */
export const IMAGE = 'example.com/models:1';
export const ROLE = 'arn:aws:iam::123456789012:role/Test';

/** What SERVER answers. */
export interface Told {
  readonly id: string;
  readonly target: string;
  readonly word: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: readonly string[];
  readonly files: number;
  readonly loaded: readonly string[];
  readonly multiModel: string;
}

/** A home with archives of words below `many/`, and endpoints whose container is SERVER. */
export interface ModelsFixture extends AsyncDisposable {
  readonly fixture: RuntimeFixture;
  /** Deploys an endpoint of this name. */
  serveModels(
    name: string,
    environment?: Record<string, string>,
    more?: Partial<ContainerDefinition>,
    variant?: { readonly InitialInstanceCount?: number },
  ): Promise<void>;
  ask(endpoint: string, target: string | undefined, input?: object): Promise<Told>;
  /** The directories of models that lie on the instances of an endpoint. */
  modelDirectories(endpoint: string): string[];
}

/** Opens the services. Dispose of them. */
export async function openModels(options: Parameters<typeof openRuntime>[0] = {}): Promise<ModelsFixture> {
  const rule = { pattern: IMAGE, directory: process.cwd(), serve: ['node', SERVER] };
  const configuration = { images: [rule], frameworks: { missingPackages: 'report' } } as const;
  const fixture = await openRuntime({ configuration, ...options });
  const { store, bucket, client, runtime } = fixture;
  for (const name of ['a', 'b', 'c', 'deep/er/d'])
    await store.put(bucket, `many/${name}.tar.gz`, await archive({ 'word.txt': `word of ${name}` }));
  return {
    fixture,
    async serveModels(name, environment = {}, more = {}, variant = {}) {
      const PrimaryContainer = {
        Image: IMAGE,
        Mode: 'MultiModel' as const,
        ModelDataUrl: `s3://${bucket}/many/`,
        Environment: environment,
        ...more,
      };
      await client.send(
        new CreateModelCommand({ ModelName: name, PrimaryContainer, ExecutionRoleArn: ROLE }),
      );
      await deploy(fixture, name, [{ VariantName: name, ...variant }]);
    },
    async ask(endpoint, target, input = {}) {
      const answer = await runtime.send(
        new InvokeEndpointCommand({
          EndpointName: endpoint,
          TargetModel: target,
          ContentType: 'application/json',
          Body: JSON.stringify(input),
        }),
      );
      return JSON.parse(Buffer.from(answer.Body).toString('utf8')) as Told;
    },
    modelDirectories(endpoint) {
      const directory = join(fixture.api.jobs.home, 'jobs', 'endpoint', endpoint, endpoint);
      return readdirSync(directory)
        .map((instance) => join(directory, instance, 'opt', 'ml', 'models'))
        .filter((models) => existsSync(models))
        .flatMap((models) => readdirSync(models));
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}
