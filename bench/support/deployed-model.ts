import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { homePaths } from '../../src/core/home.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';

/** What is deployed as an endpoint of the same name. */
export interface ModelToDeploy {
  readonly name: string;
  readonly image: string;
  /** model.tar.gz. Its server writes `PORT=<its own>` to its log. */
  readonly archive: Uint8Array;
  /** @default {} */
  readonly environment?: Record<string, string>;
}

/** Deploys a model at a server of this home. Resolves with the model server's own port. */
export async function deployModel(url: string, home: string, model: ModelToDeploy): Promise<number> {
  const { name, image, archive, environment = {} } = model;
  const store = createDirectoryStore(homePaths(home).objects);
  await store.createBucket(name);
  await store.put(name, 'model.tar.gz', archive);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new SageMakerClient({ endpoint: url, region: 'us-east-1', credentials });
  const role = 'arn:aws:iam::123456789012:role/Bench';
  const container = { Image: image, ModelDataUrl: `s3://${name}/model.tar.gz`, Environment: environment };
  const variant = { VariantName: 'all', ModelName: name, InitialInstanceCount: 1 };
  await client.send(
    new CreateModelCommand({ ModelName: name, PrimaryContainer: container, ExecutionRoleArn: role }),
  );
  await client.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: name,
      ProductionVariants: [{ ...variant, InstanceType: 'ml.m5.large' }],
    }),
  );
  await client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await untilInService(client, name);
  client.destroy();
  return modelPort(home, name);
}

async function untilInService(client: SageMakerClient, name: string): Promise<void> {
  for (;;) {
    const endpoint = await client.send(new DescribeEndpointCommand({ EndpointName: name }));
    if (endpoint.EndpointStatus === 'InService') return;
    if (endpoint.EndpointStatus === 'Failed') throw new Error(endpoint.FailureReason);
    await sleep(50);
  }
}

function modelPort(home: string, name: string): number {
  const logs = join(homePaths(home).jobs, 'endpoint', name, 'all', 'logs');
  const [file = ''] = readdirSync(logs);
  return Number(/PORT=(\d+)/.exec(readFileSync(join(logs, file), 'utf8'))?.[1]);
}
