import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import { processingRequest, trainingRequest } from '../harness/job-requests.ts';
import { openJobs } from '../harness/jobs.ts';

const FAILS = 'process.exit(1);';

function transformRequest(bucket: string, name: string) {
  return {
    TransformJobName: name,
    ModelName: 'model',
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri: `s3://${bucket}/in/` } },
    },
    TransformOutput: { S3OutputPath: `s3://${bucket}/out` },
    TransformResources: { InstanceType: 'ml.m5.large' as const, InstanceCount: 1 },
  };
}

test('simulated jobs of every type pass through the usual statuses and run nothing', async () => {
  await using fixture = await openJobs({ simulation: { delayMs: () => 0 } });
  const { jobs } = fixture;
  await jobs.models.put({ ModelName: 'model', PrimaryContainer: { Image: NODE_IMAGE } });
  await jobs.training.start(await trainingRequest(fixture, 'train', FAILS));
  await jobs.processing.start(await processingRequest(fixture, 'process', FAILS));
  await jobs.transform.start(transformRequest(fixture.bucket, 'transform'));
  expect(await jobs.training.wait('train')).toMatchObject({
    TrainingJobStatus: 'Completed',
    ModelArtifacts: { S3ModelArtifacts: `s3://${fixture.bucket}/out/train/output/model.tar.gz` },
  });
  expect(await jobs.processing.wait('process')).toMatchObject({ ProcessingJobStatus: 'Completed' });
  expect(await jobs.transform.wait('transform')).toMatchObject({ TransformJobStatus: 'Completed' });
  const statuses = (await jobs.training.record('train')).progress.transitions.map(({ status }) => status);
  expect(statuses).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
  expect(existsSync(join(fixture.home, 'jobs'))).toBe(false);
});

test('a simulated job stays in a status as long as it is told, and can be stopped there', async () => {
  const delayMs = (status: string) => (status === 'Training' ? 60_000 : 0);
  await using fixture = await openJobs({ simulation: { delayMs } });
  const { training } = fixture.jobs;
  await training.start(await trainingRequest(fixture, 'slow', ''));
  for await (const { secondaryStatus } of training.watch('slow')) if (secondaryStatus === 'Training') break;
  await training.stop('slow');
  expect(await training.wait('slow')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'Stopped',
  });
});

test('a simulated job ends when its time is over', async () => {
  await using fixture = await openJobs({ simulation: { delayMs: () => 60_000 } });
  const limit = { StoppingCondition: { MaxRuntimeInSeconds: 1 } };
  await fixture.jobs.training.start(await trainingRequest(fixture, 'long', '', limit));
  expect(await fixture.jobs.training.wait('long')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'MaxRuntimeExceeded',
  });
});
