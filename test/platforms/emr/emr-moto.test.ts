// Needs: python
// moto holds requests and answers against the shapes of AWS's own models; its jobs do not run.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMRClient, RunJobFlowCommand } from '@aws-sdk/client-emr';
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import type { EmrSettings } from '../../../src/core/platforms-settings.ts';
import type { ProcessingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { createEmrPlatform, type Platform } from '../../../src/platforms/index.ts';
import { type Moto, startMoto } from '../../harness/moto.ts';

let moto: Moto;
let directory: string;
const opened: Platform[] = [];
beforeAll(async () => {
  moto = await startMoto();
  directory = await mkdtemp(join(tmpdir(), 'sluice-emr-moto-'));
  await writeFile(join(directory, 'etl.py'), '');
}, 600_000);
afterAll(async () => {
  await Promise.all(opened.map((platform) => platform.detach()));
  await moto.close();
  await rm(directory, { recursive: true });
});

function client() {
  const credentials = { accessKeyId: 'sluice', secretAccessKey: 'sluice' };
  return { endpoint: moto.url, region: 'us-east-1', credentials };
}

function open(settings: Partial<EmrSettings>): Platform {
  const home = createDirectoryStore(join(directory, 'home'));
  const stores = { store: () => home };
  const platform = createEmrPlatform({
    settings: { emr: { endpoint: moto.url, region: 'us-east-1', ...settings } },
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: {},
    times: { firstMs: 20 },
  });
  opened.push(platform);
  return platform;
}

function invocation() {
  const task: ProcessingTask = {
    type: 'processing',
    name: 'etl',
    interface: { inputs: {}, outputs: {} },
    framework: 'spark',
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    volumeSizeInGB: 30,
    script: { entry: 'etl.py', directory, whole: false },
    arguments: ['{output:clean}'],
    environment: { A: 'b' },
    maxRuntimeInSeconds: 3600,
    inputs: {},
    outputs: { clean: { localPath: '/opt/ml/processing/output/clean', uploadMode: 'EndOfJob' } },
    propertyFiles: {},
    spark: { conf: { 'spark.executor.memory': '2g' } },
    tags: { team: 'ml' },
  };
  return { task, inputs: {}, jobName: 'etl-1' };
}

test('a run of EMR Serverless has the shape that AWS takes, and its answer is understood', async () => {
  const emr = new EMRServerlessClient(client());
  const { applicationId } = await emr.send(
    new CreateApplicationCommand({ name: 'a', releaseLabel: 'emr-7.9.0', type: 'SPARK', clientToken: 'c' }),
  );
  emr.destroy();
  const platform = open({ applicationId, executionRole: 'arn:aws:iam::123456789012:role/EmrJobs' });
  const handle = await platform.submit(invocation(), { idempotencyKey: 'run/etl/1' });
  const seen = await Array.fromAsync(platform.watch(handle));
  expect(seen.at(-1)).toMatchObject({
    phase: 'succeeded',
    outputs: {
      clean: expect.stringMatching(/^s3:\/\/sagemaker-us-east-1-\d{12}\/run-etl-1\/output\/clean$/),
    },
  });
});

test('a step of a cluster has the shape that AWS takes, and its answer is understood', async () => {
  const emr = new EMRClient(client());
  const { JobFlowId: clusterId } = await emr.send(
    new RunJobFlowCommand({
      Name: 'c',
      ReleaseLabel: 'emr-7.9.0',
      Instances: { KeepJobFlowAliveWhenNoSteps: true, InstanceCount: 1, MasterInstanceType: 'm5.xlarge' },
      JobFlowRole: 'EMR_EC2_DefaultRole',
      ServiceRole: 'EMR_DefaultRole',
    }),
  );
  emr.destroy();
  const platform = open({ clusterId });
  const handle = await platform.submit(invocation(), { idempotencyKey: 'run/etl/1' });
  expect(await platform.submit(invocation(), { idempotencyKey: 'run/etl/1' })).toEqual(handle);
  expect(await platform.status(handle)).toMatchObject({ status: 'InProgress' });
});
