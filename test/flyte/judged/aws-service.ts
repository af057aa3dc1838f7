import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DEFAULT_CONFIGURATION } from '../../../src/core/config.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';
import { FIXTURES } from './flytekit.ts';
import { warmUp } from './warm-up.ts';

/** A `sluice serve` with the steps of the fixtures' jobs in its bucket `flyte`. Dispose of it. */
export interface AwsService extends AsyncDisposable {
  readonly serve: ServeFixture;
  /** Where its home is. */
  readonly home: string;
}

/** Starts it. */
export async function startAwsService(): Promise<AwsService> {
  const home = await mkdtemp(join(tmpdir(), 'flyte-aws-'));
  const serve = await startServe(home);
  await serve.s3.send(new CreateBucketCommand({ Bucket: 'flyte' }));
  for (const name of ['prepare.mjs', 'train.mjs']) {
    const Body = await readFile(join(FIXTURES, 'steps', name));
    await serve.s3.send(new PutObjectCommand({ Bucket: 'flyte', Key: `steps/${name}`, Body }));
  }
  return {
    serve,
    home,
    [Symbol.asyncDispose]: async () => {
      await serve[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A connector, in this process, whose SageMaker is at this URL. */
export async function connectorFor(endpoint: string): Promise<ConnectorFixture> {
  const sagemaker = { endpoint, region: 'us-east-1' };
  const configuration = { ...DEFAULT_CONFIGURATION, platforms: { sagemaker } };
  const connector = await startConnector({ configuration });
  await warmUp(connector.client);
  return connector;
}
