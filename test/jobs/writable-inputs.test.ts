// Needs: bubblewrap
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NODE_IMAGE } from '../../src/contract/images.ts';
import { DEFAULT_CONFIGURATION } from '../../src/core/config.ts';
import { DEFAULT_LIMITS } from '../../src/core/resource-limits.ts';
import { createSandboxExecutor } from '../../src/executors/index.ts';
import { channel, putCode, trainingRequest } from '../harness/job-requests.ts';
import { executors, openJobs } from '../harness/jobs.ts';

let data: string;
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'sluice-inputs-'));
  mkdirSync(join(data, 'large'));
  // More than is copied because it is so little.
  writeFileSync(join(data, 'large', 'big'), Buffer.alloc(5 * 2 ** 20));
  writeFileSync(join(data, 'large', 'a.csv'), 'theirs');
});
afterAll(() => rmSync(data, { recursive: true }));

const WRITES = `
  import { readFileSync, rmSync, writeFileSync } from 'node:fs';
  const place = process.env.SM_CHANNEL_TRAIN;
  for (const [name, act] of [['append', () => writeFileSync(place + '/a.csv', 'mine')], ['new', () => writeFileSync(place + '/b.csv', 'mine')], ['remove', () => rmSync(place + '/big')]]) {
    try { act(); console.log(name); } catch (error) { console.log(name, error.code); }
  }`;

async function trainOn(options: Parameters<typeof openJobs>[0]): Promise<readonly string[]> {
  await using fixture = await openJobs(options);
  const train = channel(fixture, 'train', `file://${join(data, 'large')}/`);
  await fixture.jobs.training.start(
    await trainingRequest(fixture, 'writes', WRITES, { InputDataConfig: [train] }),
  );
  expect((await fixture.jobs.training.wait('writes')).FailureReason).toBeUndefined();
  expect(readdirSync(join(data, 'large'))).toEqual(['a.csv', 'big']);
  expect(readFileSync(join(data, 'large', 'a.csv'), 'utf8')).toBe('theirs');
  return fixture.jobs.training.logTail('writes', 10);
}

describe('a job may write into its input data, which stays as it was', () => {
  test.each(executors)('in the %s executor', async (_name, executor) => {
    expect(await trainOn({ executor: executor() })).toEqual(['append', 'new', 'remove']);
  });

  const withoutOverlays = () => ({ ...createSandboxExecutor(), canOverlay: async () => false });

  test('copied, where no overlay can be made', async () => {
    expect(await trainOn({ executor: withoutOverlays() })).toEqual(['append', 'new', 'remove']);
  });

  test('but for what is too much to copy: the log says that it is read-only', async () => {
    const limits = { ...DEFAULT_LIMITS, copiedInputInGiB: 0.001 };
    const log = await trainOn({
      executor: withoutOverlays(),
      configuration: { ...DEFAULT_CONFIGURATION, limits },
    });
    expect(log).toContain('append EROFS');
    expect(log.join()).toMatch(/Channel 'train': its 0\.0 GiB are read-only.*copiedInputInGiB: 1/);
  });
});

const LISTS = `
  import { readdirSync, writeFileSync } from 'node:fs';
  const input = process.argv[2];
  console.log(readdirSync(input).sort().join(), readdirSync(input + '/code').sort().join());
  writeFileSync(input + '/code/made', '');`;

describe('an input at /opt/ml/processing/input itself lies around the code at input/code', () => {
  test.each(
    executors.flatMap(([name, executor]) =>
      [false, true].map((codeFirst) => [name, codeFirst ? 'first' : 'last', executor] as const),
    ),
  )('in the %s executor, with the code %s', async (_name, order, executor) => {
    await using fixture = await openJobs({ executor: executor() });
    await putCode(fixture, 'lists', LISTS);
    const input = (InputName: string, S3Uri: string, LocalPath: string) => ({
      InputName,
      S3Input: { S3Uri, LocalPath, S3DataType: 'S3Prefix' as const, S3InputMode: 'File' as const },
    });
    const inputs = [
      input('code', `s3://${fixture.bucket}/code/lists/`, '/opt/ml/processing/input/code'),
      input('data', `file://${join(data, 'large')}/`, '/opt/ml/processing/input'),
    ];
    await fixture.jobs.processing.start({
      ProcessingJobName: 'lists',
      RoleArn: 'arn:aws:iam::123456789012:role/Test',
      AppSpecification: {
        ImageUri: NODE_IMAGE,
        ContainerEntrypoint: ['node', '/opt/ml/processing/input/code/main.ts', '/opt/ml/processing/input'],
      },
      ProcessingInputs: order === 'first' ? inputs : inputs.reverse(),
      ProcessingResources: {
        ClusterConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      },
    });
    expect((await fixture.jobs.processing.wait('lists')).FailureReason).toBeUndefined();
    expect(await fixture.jobs.processing.logTail('lists', 1)).toEqual([
      'a.csv,big,code main.ts,package.json',
    ]);
    expect(readdirSync(join(data, 'large'))).toEqual(['a.csv', 'big']);
  });
});
