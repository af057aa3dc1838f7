import { gzipSync } from 'node:zlib';
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { packTar } from 'modern-tar';
import { describe, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import { keysBelow, objectText } from '../harness/job-requests.ts';
import { executors, type JobsFixture, openJobs } from '../harness/jobs.ts';

/** Doubles every number; a row that holds 13 is an error. */
const DOUBLES = `
  import { readFileSync } from 'node:fs';
  let calls = 0;
  export function modelFn(directory) {
    console.log('serving', process.env.SAGEMAKER_BATCH, process.env.SAGEMAKER_BATCH_STRATEGY ?? 'unset');
    return { factor: Number(readFileSync(directory + '/factor', 'utf8')) };
  }
  export function predictFn(rows, model) {
    if (rows.flat().includes(13)) throw new Error('unlucky');
    if (rows.flat().includes(7) && calls++ < 1) throw new Error('once');
    if (rows.flat().includes(404)) throw Object.assign(new Error('not mine'), { statusCode: 400 });
    return rows.map((row) => row.map((value) => value * model.factor));
  }`;

async function archive(files: Record<string, string>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), mode: 0o644 },
    body,
  }));
  return gzipSync(await packTar(entries));
}

async function putModel(fixture: JobsFixture, code = DOUBLES, image = NODE_IMAGE): Promise<void> {
  const { store, bucket } = fixture;
  await store.put(
    bucket,
    'model.tar.gz',
    await archive({ factor: '2', 'code/package.json': '{"type":"module"}' }),
  );
  await store.put(
    bucket,
    'sourcedir.tar.gz',
    await archive({ 'infer.ts': code, 'package.json': '{"type":"module"}' }),
  );
  await fixture.jobs.models.put({
    ModelName: 'doubles',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
    PrimaryContainer: {
      Image: image,
      ModelDataUrl: `s3://${bucket}/model.tar.gz`,
      Environment: {
        SAGEMAKER_PROGRAM: 'infer.ts',
        SAGEMAKER_SUBMIT_DIRECTORY: `s3://${bucket}/sourcedir.tar.gz`,
      },
    },
  });
}

interface Changes extends Partial<Omit<CreateTransformJobRequest, 'TransformInput' | 'TransformOutput'>> {
  readonly TransformInput?: Partial<CreateTransformJobRequest['TransformInput']>;
  readonly TransformOutput?: Partial<CreateTransformJobRequest['TransformOutput']>;
}

function request(fixture: JobsFixture, changes: Changes = {}): CreateTransformJobRequest {
  return {
    TransformJobName: 'transform',
    ModelName: 'doubles',
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    ...changes,
    TransformInput: {
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://${fixture.bucket}/in/` } },
      ContentType: 'text/csv',
      SplitType: 'Line',
      ...changes.TransformInput,
    },
    TransformOutput: {
      S3OutputPath: `s3://${fixture.bucket}/out`,
      Accept: 'text/csv',
      AssembleWith: 'Line',
      ...changes.TransformOutput,
    },
  };
}

async function transform(fixture: JobsFixture, changes: Changes = {}) {
  const asked = request(fixture, changes);
  await fixture.jobs.transform.start(asked);
  return fixture.jobs.transform.wait(asked.TransformJobName as string);
}

async function putInput(fixture: JobsFixture, objects: Record<string, string | Buffer>): Promise<void> {
  for (const [key, body] of Object.entries(objects))
    await fixture.store.put(fixture.bucket, `in/${key}`, body);
}

describe.each(executors)('a transform job in the %s executor', (_name, executor) => {
  test('makes one .out of each object, with its relative key', async () => {
    await using fixture = await openJobs({ executor: executor() });
    await putModel(fixture);
    await putInput(fixture, { 'a.csv': '1,2\n3,4\n', 'deep/b.csv': '5\n', 'empty.csv': '' });
    const job = await transform(fixture, { BatchStrategy: 'MultiRecord' });
    expect(job.FailureReason).toBeUndefined();
    expect(job.TransformJobStatus).toBe('Completed');
    expect(await keysBelow(fixture, 'out/')).toEqual([
      'out/a.csv.out',
      'out/deep/b.csv.out',
      'out/empty.csv.out',
    ]);
    expect(await objectText(fixture, 'out/a.csv.out')).toBe('2,4\n6,8\n');
    expect(await objectText(fixture, 'out/deep/b.csv.out')).toBe('10\n');
    expect(await objectText(fixture, 'out/empty.csv.out')).toBe('');
    const log = await fixture.jobs.transform.logTail('transform', 10);
    expect(log.slice(0, 2)).toEqual([
      'serving true MULTI_RECORD',
      '[sagemaker logs]: MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD',
    ]);
  });

  test('tries a payload again, and an object that fails does not keep the others', async () => {
    await using fixture = await openJobs({ executor: executor() });
    await putModel(fixture);
    await putInput(fixture, { 'a.csv': '1\n13\n', 'b.csv': '7\n', 'c.csv': '3\n' });
    const job = await transform(fixture, { ModelClientConfig: { InvocationsMaxRetries: 1 } });
    expect(job).toMatchObject({
      TransformJobStatus: 'Failed',
      FailureReason: 'AlgorithmError: See job logs for more information',
    });
    expect(await keysBelow(fixture, 'out/')).toEqual(['out/b.csv.out', 'out/c.csv.out']);
    expect(await objectText(fixture, 'out/b.csv.out')).toBe('14\n');
    const log = await fixture.jobs.transform.logTail('transform', 50);
    expect(log.join('\n')).toContain(
      `[sagemaker logs]: ${fixture.bucket}/in/a.csv: Bad HTTP status received from algorithm: 500: unlucky`,
    );
  });
});

test('what the model refuses is the client’s error', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  await putInput(fixture, { 'a.csv': '404\n' });
  const job = await transform(fixture);
  expect(job.FailureReason).toBe('ClientError: See job logs for more information');
});

test('single records, many at once, stay in order', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  const numbers = Array.from({ length: 300 }, (_, index) => index + 1000);
  await putInput(fixture, { 'a.csv': `${numbers.join('\n')}\n`, 'b.csv': numbers.join('\n') });
  const job = await transform(fixture, {
    BatchStrategy: 'SingleRecord',
    MaxConcurrentTransforms: 8,
    MaxPayloadInMB: 1,
  });
  expect(job.FailureReason).toBeUndefined();
  const doubled = `${numbers.map((number) => number * 2).join('\n')}\n`;
  expect(await objectText(fixture, 'out/a.csv.out')).toBe(doubled);
  expect(await objectText(fixture, 'out/b.csv.out')).toBe(doubled);
});

test('gzip input is inflated, and payloads hold at most MaxPayloadInMB', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  const lines = `${Array.from({ length: 400_000 }, (_, index) => 100_000 + index).join('\n')}\n`;
  await putInput(fixture, { 'big.csv.gz': gzipSync(lines) });
  const job = await transform(fixture, {
    MaxPayloadInMB: 1,
    TransformInput: { CompressionType: 'Gzip' },
  });
  expect(job.FailureReason).toBeUndefined();
  const out = (await objectText(fixture, 'out/big.csv.gz.out')).split('\n');
  expect(out).toHaveLength(400_001);
  expect(out[399_999]).toBe(String((100_000 + 399_999) * 2));
});

test('a broken gzip stream fails its object', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  await putInput(fixture, { 'x.gz': gzipSync('1\n2\n'.repeat(1000)).subarray(0, 30) });
  const job = await transform(fixture, { TransformInput: { CompressionType: 'Gzip' } });
  expect(job.TransformJobStatus).toBe('Failed');
  expect(await keysBelow(fixture, 'out/')).toEqual([]);
});

test('answers are joined with their input and filtered', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  await putInput(fixture, { 'a.csv': 'id1,5,6\nid2,8,9\n' });
  const job = await transform(fixture, {
    BatchStrategy: 'MultiRecord',
    DataProcessing: { InputFilter: '$[1:]', JoinSource: 'Input', OutputFilter: '$[0,-1]' },
  });
  expect(job.FailureReason).toBeUndefined();
  expect(await objectText(fixture, 'out/a.csv.out')).toBe('id1,12\nid2,18\n');
});

test('two hosts share the objects', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  await putInput(fixture, { a: '1\n', b: '2\n', c: '3\n' });
  const job = await transform(fixture, {
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 2 },
  });
  expect(job.FailureReason).toBeUndefined();
  expect(await keysBelow(fixture, 'out/')).toEqual(['out/a.out', 'out/b.out', 'out/c.out']);
});

test('a stopped job stores nothing', async () => {
  await using fixture = await openJobs();
  const slow = `${DOUBLES.replace('predictFn(', 'predictNow(')}
    export async function predictFn(rows, model) {
      if (rows.flat().includes(99)) { console.log('asleep'); await new Promise(() => setTimeout(() => {}, 1e6)); }
      return predictNow(rows, model);
    }`;
  await putModel(fixture, slow);
  await putInput(fixture, { a: '1\n', b: '99\n' });
  await fixture.jobs.transform.start(request(fixture));
  for await (const { message } of fixture.jobs.transform.logs('transform', { follow: true })) {
    if (message === 'asleep') await fixture.jobs.transform.stop('transform');
  }
  const job = await fixture.jobs.transform.wait('transform');
  expect(job).toMatchObject({ TransformJobStatus: 'Stopped' });
  expect(await keysBelow(fixture, 'out/')).toEqual([]);
});

describe('a transform job fails', () => {
  test('when the script does not load, and its log says why', async () => {
    await using fixture = await openJobs();
    await putModel(fixture, 'export const nothing = 1;');
    await putInput(fixture, { a: '1\n' });
    const job = await transform(fixture);
    expect(job.FailureReason).toBe('AlgorithmError: See job logs for more information');
    const log = await fixture.jobs.transform.logTail('transform', 5);
    expect(log.join('\n')).toContain('has to export a function modelFn');
  });

  test('when there is no input', async () => {
    await using fixture = await openJobs();
    await putModel(fixture);
    const job = await transform(fixture);
    expect(job.FailureReason).toMatch(/^ClientError: Data download failed: Channel 'input': .*\/in\//);
  });

  test('when the image cannot be served here', async () => {
    await using fixture = await openJobs();
    await putModel(fixture, DOUBLES, 'example.com/mine:1');
    await putInput(fixture, { a: '1\n' });
    const job = await transform(fixture);
    expect(job.FailureReason).toMatch(
      /^ClientError: Models of image 'example.com\/mine:1' cannot be served on this machine/,
    );
  });

  test('when an archive would write outside of its directory', async () => {
    await using fixture = await openJobs();
    await putModel(fixture);
    await fixture.store.put(fixture.bucket, 'model.tar.gz', await archive({ '../../../escaped': 'x' }));
    await putInput(fixture, { a: '1\n' });
    const job = await transform(fixture);
    expect(job.FailureReason).toMatch(/^ClientError: .*tar\.gz archive that stays within its directory/);
  });

  test('when the model is no archive', async () => {
    await using fixture = await openJobs();
    await putModel(fixture);
    await fixture.store.put(fixture.bucket, 'model.tar.gz', 'not gzip');
    await putInput(fixture, { a: '1\n' });
    const job = await transform(fixture);
    expect(job.FailureReason).toMatch(/^ClientError: .*Expected a tar\.gz archive/);
  });
});

test('a model that does not exist is refused', async () => {
  await using fixture = await openJobs();
  await expect(fixture.jobs.transform.start(request(fixture))).rejects.toMatchObject({
    code: 'ModelNotFound',
  });
});

test('a filter that does not parse is refused', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  const wrong = request(fixture, { DataProcessing: { InputFilter: '$.[' } });
  await expect(fixture.jobs.transform.start(wrong)).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('transform jobs run in parallel, each with its own port', async () => {
  await using fixture = await openJobs();
  await putModel(fixture);
  await putInput(fixture, { a: '1\n' });
  const names = ['p-1', 'p-2', 'p-3', 'p-4'];
  const jobs = await Promise.all(names.map((name) => transform(fixture, { TransformJobName: name })));
  expect(jobs.map((job) => job.TransformJobStatus)).toEqual(names.map(() => 'Completed'));
});
