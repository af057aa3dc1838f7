import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  DeleteProcessingJobCommand,
  DeleteTrainingJobCommand,
  ListProcessingJobsCommand,
  ListTrainingJobsCommand,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect } from 'vitest';
import { DEFAULT_ACCOUNT, defaultBucket } from '../../../src/core/account.ts';
import { parseS3Uri } from '../../../src/objects/index.ts';
import { type PlatformUnderTest, testPlatform } from '../../conformance/platform.ts';
import { openPlatform } from '../../fixtures/platforms/sagemaker.ts';
import { type ServeFixture, startServe } from '../../harness/sluice-serve.ts';

const module = join(import.meta.dirname, '../../fixtures/platforms/sagemaker.ts');

let directory: string;
let serve: ServeFixture;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-sagemaker-'));
  serve = await startServe(join(directory, 'server'), ['--executor', 'process']);
}, 300_000);

afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

testPlatform('sagemaker (a sluice serve)', async (): Promise<PlatformUnderTest> => {
  const options = { home: join(directory, 'home'), endpoint: serve.url };
  const { platform, detach } = await openPlatform(options);
  return {
    platform,
    elsewhere: { module, options },
    read: async (uri) => {
      const { bucket, key } = parseS3Uri(uri);
      const { Body: body } = await serve.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await body?.transformToString()) ?? '';
    },
    [Symbol.asyncDispose]: async () => {
      await detach();
      await removeJobs();
    },
  };
});

/** The next test begins with no jobs, and with nothing that some have made. */
async function removeJobs(): Promise<void> {
  const { sagemaker, s3 } = serve;
  const { TrainingJobSummaries: training = [] } = await sagemaker.send(new ListTrainingJobsCommand({}));
  for (const { TrainingJobName, TrainingJobStatus: status } of training) {
    const job = { TrainingJobName };
    if (status === 'InProgress') await sagemaker.send(new StopTrainingJobCommand(job)).catch(() => undefined);
    await untilDone(() => sagemaker.send(new DeleteTrainingJobCommand(job)));
  }
  const { ProcessingJobSummaries: processing = [] } = await sagemaker.send(new ListProcessingJobsCommand({}));
  for (const { ProcessingJobName } of processing)
    await untilDone(() => sagemaker.send(new DeleteProcessingJobCommand({ ProcessingJobName })));
  const Bucket = defaultBucket(DEFAULT_ACCOUNT);
  const { Contents: objects = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'conformance-' }),
  );
  for (const { Key } of objects) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
}

function untilDone(act: () => Promise<unknown>): Promise<void> {
  const patience = { timeout: 120_000, interval: 50 };
  return expect.poll(() => act().then(() => 'done', String), patience).toBe('done');
}
