import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  ContainerDefinition,
  CreateModelInput,
  DescribeTransformJobResponse,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import { archive } from '../harness/endpoints.ts';
import { keysBelow, objectText } from '../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../harness/jobs.ts';

/** Adds its number to every number. It says what it is asked for. */
const ADDS = `
  import { readFileSync } from 'node:fs';
  export const modelFn = (directory) => Number(readFileSync(directory + '/number', 'utf8'));
  export function predictFn(rows, number) {
    if (rows.flat().includes(Number(process.env.REFUSED))) throw Object.assign(new Error('not mine'), { statusCode: 400 });
    return rows.map((row) => row.map((value) => value + number));
  }
  export function outputFn(rows, accept) {
    console.log(process.env.SAGEMAKER_BATCH, 'accept', accept);
    const csv = rows.map((row) => row.join(',') + '\\n').join('');
    return accept === 'text/csv' ? csv : { body: JSON.stringify(rows), contentType: 'application/json' };
  }`;

async function container(
  { store, bucket }: JobsFixture,
  number: number,
  more: Partial<ContainerDefinition> = {},
): Promise<ContainerDefinition> {
  const files = {
    number: String(number),
    'code/inference.ts': ADDS,
    'code/package.json': '{"type":"module"}',
  };
  await store.put(bucket, `models/${number}.tar.gz`, await archive(files));
  return { Image: NODE_IMAGE, ModelDataUrl: `s3://${bucket}/models/${number}.tar.gz`, ...more };
}

async function transform(
  fixture: JobsFixture,
  model: Omit<CreateModelInput, 'ModelName' | 'ExecutionRoleArn'>,
  InstanceCount = 1,
): Promise<DescribeTransformJobResponse> {
  const { bucket, jobs } = fixture;
  await jobs.models.put({
    ModelName: 'model',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
    ...model,
  });
  await jobs.transform.start({
    TransformJobName: 'transform',
    ModelName: 'model',
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount },
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${bucket}/in/` } },
      ContentType: 'text/csv',
      SplitType: 'Line',
    },
    TransformOutput: { S3OutputPath: `s3://${bucket}/out`, Accept: 'text/csv', AssembleWith: 'Line' },
  });
  return jobs.transform.wait('transform');
}

async function putInput({ store, bucket }: JobsFixture, objects: Record<string, string>): Promise<void> {
  for (const [key, body] of Object.entries(objects)) await store.put(bucket, `in/${key}`, body);
}

describe.each(executors)(
  'an inference pipeline in a transform job, with the %s executor',
  (_name, executor) => {
    test('sends every payload through all containers', async () => {
      await using fixture = await openJobs({ executor: executor() });
      await putInput(fixture, { 'a.csv': '1,2\n3,4\n', 'b.csv': '5\n' });
      const Containers = [
        await container(fixture, 10, { ContainerHostname: 'ten' }),
        await container(fixture, 100, { ContainerHostname: 'hundred' }),
        await container(fixture, 1000, { ContainerHostname: 'thousand' }),
      ];
      const job = await transform(fixture, { Containers });
      expect(job.FailureReason).toBeUndefined();
      expect(await objectText(fixture, 'out/a.csv.out')).toBe('1111,1112\n1113,1114\n');
      expect(await objectText(fixture, 'out/b.csv.out')).toBe('1115\n');
      const { transform: service } = fixture.jobs;
      expect(await service.logStreams('transform')).toEqual([
        'algo-1/hundred',
        'algo-1/ten',
        'algo-1/thousand',
      ]);
      expect(await service.logTail('transform', 1, 'algo-1/hundred')).toEqual([
        'true accept application/json',
      ]);
      expect(await service.logTail('transform', 1, 'algo-1/thousand')).toEqual(['true accept text/csv']);
      expect(readdirSync(join(fixture.home, 'jobs', 'transform', 'transform'))).toEqual(['logs']);
    });
  },
);

test('two instances share the objects, each with all containers', async () => {
  await using fixture = await openJobs();
  await putInput(fixture, { 'a.csv': '1\n', 'b.csv': '2\n' });
  const job = await transform(
    fixture,
    { Containers: [await container(fixture, 10), await container(fixture, 100)] },
    2,
  );
  expect(job.FailureReason).toBeUndefined();
  expect(await keysBelow(fixture, 'out/')).toEqual(['out/a.csv.out', 'out/b.csv.out']);
  for (const host of ['algo-1', 'algo-2']) {
    for (const name of ['container_1', 'container_2'])
      expect((await fixture.jobs.transform.logTail('transform', 1, `${host}/${name}`))[0]).toMatch(/^true /);
  }
});

test('what a container in the middle refuses is the client’s error', async () => {
  await using fixture = await openJobs();
  await putInput(fixture, { 'a.csv': '1\n' });
  const refuses = await container(fixture, 100, { Environment: { REFUSED: '11' } });
  const Containers = [await container(fixture, 10), refuses, await container(fixture, 1000)];
  const job = await transform(fixture, { Containers });
  expect(job.FailureReason).toBe('ClientError: See job logs for more information');
  expect((await fixture.jobs.transform.logTail('transform', 9, 'algo-1/container_1')).join('\n')).toContain(
    'a.csv: Bad HTTP status received from algorithm: 400: not mine',
  );
});

test('a container that does not start fails the job', async () => {
  await using fixture = await openJobs();
  await putInput(fixture, { 'a.csv': '1\n' });
  const absent = await container(fixture, 100, { ModelDataUrl: `s3://${fixture.bucket}/absent.tar.gz` });
  const job = await transform(fixture, { Containers: [await container(fixture, 10), absent] });
  expect(job.FailureReason).toMatch(/^ClientError: Failed to download model data: .*absent\.tar\.gz/);
});

test.each([
  ['a multi-model container', { Mode: 'MultiModel' as const }, undefined],
  ['containers for direct invocation', { ContainerHostname: 'one' }, { Mode: 'Direct' as const }],
])('a model with %s is refused', async (what, more, InferenceExecutionConfig) => {
  await using fixture = await openJobs();
  await putInput(fixture, { 'a.csv': '1\n' });
  const Containers = [await container(fixture, 1, more)];
  const job = await transform(fixture, {
    Containers,
    ...(InferenceExecutionConfig && { InferenceExecutionConfig }),
  });
  expect(job.FailureReason).toBe(
    `ClientError: Model 'model' has ${what}, which a batch transform job cannot use.`,
  );
});
