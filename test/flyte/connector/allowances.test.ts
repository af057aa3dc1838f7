import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIGURATION } from '../../../src/core/config.ts';
import { Allowances, type Wanted } from '../../../src/flyte/connector/allowances.ts';
import { readTask } from '../../../src/flyte/connector/read-task.ts';
import { FakePlatform } from '../../engine/fake-platform.ts';
import { createRequest, text } from '../../harness/flyte-client.ts';
import { startConnector } from '../../harness/flyte-connector.ts';

const allow = [
  {
    project: 'demo',
    domain: 'development',
    roles: ['arn:aws:iam::1:role/train-*'],
    buckets: ['data', 'team-*'],
    outputs: ['s3://data/out/'],
    boto: ['sagemaker:Describe*'],
  },
  { project: 'demo', domain: 'production', buckets: ['prod'] },
  { project: '*', buckets: ['shared'] },
];

/** @param project that of the execution */
function check(wanted: Wanted, project = 'demo'): void {
  const request = createRequest({ type: 'sluice_training' });
  const task = readTask(request);
  const attempt = { ...task.attempt, project } as NonNullable<typeof task.attempt>;
  new Allowances(allow, 'sagemaker-us-east-1-1').check({ ...task, attempt }, wanted);
}

const allowed: readonly (readonly [string, Wanted])[] = [
  ['nothing', {}],
  ['a role', { roles: ['arn:aws:iam::1:role/train-a'] }],
  [
    'buckets of all entries that fit, and the default one',
    { places: ['s3://data/x', 's3://team-a', 's3a://shared/y', 's3://sagemaker-us-east-1-1/z'] },
  ],
  ['outputs below a prefix', { outputs: ['s3://data/out', 's3://data/out/mine'] }],
  ['an operation', { operations: ['sagemaker:DescribeTrainingJob'] }],
];
test.each(allowed)('%s may be used', (_, wanted) => {
  expect(() => check(wanted)).not.toThrow();
});

const refused: readonly (readonly [string, Wanted, string])[] = [
  ['another role', { roles: ['arn:aws:iam::1:role/admin'] }, "the role 'arn:aws:iam::1:role/admin'"],
  ['a bucket of another domain', { places: ['s3://prod/x'] }, "the bucket 'prod'"],
  ['a bucket that begins as one does', { places: ['s3://data-of-others/x'] }, "the bucket 'data-of-others'"],
  ['an output beside the prefix', { outputs: ['s3://data/outside'] }, "output to 's3://data/outside'"],
  ['an output out of the prefix', { outputs: ['s3://data/out/../x'] }, "output to 's3://data/out/../x'"],
  ['another operation', { operations: ['sagemaker:CreateUser'] }, "the operation 'sagemaker:CreateUser'"],
];
test.each(refused)('%s may not', (_, wanted, what) => {
  expect(() => check(wanted)).toThrow(
    `For project 'demo', domain 'development' the connector's configuration does not allow ${what}`,
  );
});

test('another project has what is for all alone', () => {
  expect(() => check({ places: ['s3://shared/x'] }, 'other')).not.toThrow();
  expect(() => check({ places: ['s3://data/x'] }, 'other')).toThrow("project 'other'");
});

test('where no entry fits nothing is allowed, and without any everything is', () => {
  const task = readTask(createRequest({ type: 'sluice_training' }));
  expect(() => new Allowances([], 'b').check(task, {})).toThrow("tasks of 'demo'");
  expect(() => new Allowances(undefined, 'b').check(task, { roles: ['any'] })).not.toThrow();
});

describe('a task', () => {
  test('is FAILED for what it may not use, wherever it names that', async () => {
    const configuration = { ...DEFAULT_CONFIGURATION, flyte: { allow } };
    await using connector = await startConnector({ configuration, platforms: [new FakePlatform()] });
    const { client } = connector;
    const task = { instanceType: 'ml.m5.large', image: 'train:1' };
    const outcomes: (string | undefined)[] = [];
    for (const [at, [more, inputs]] of (
      [
        [{ role: 'arn:aws:iam::1:role/admin' }, {}],
        [{ environment: { FROM: 'read s3://secret/x' } }, {}],
        [{ s3OutputPath: 's3://data/elsewhere' }, {}],
        [{ channels: { data: {} } }, { data: text('s3://secret/x') }],
        [{ channels: { data: {} }, s3OutputPath: 's3://data/out/a' }, { data: text('s3://data/x') }],
      ] as const
    ).entries()) {
      const request = createRequest({
        type: 'sluice_training',
        custom: { task: { ...task, ...more } },
        inputs,
        execution: `e${at}`,
      });
      outcomes.push((await client.untilEnded(await client.create(request))).message);
    }
    expect(outcomes).toEqual([
      expect.stringMatching(/^NotAllowed: .*the role/),
      expect.stringMatching(/^NotAllowed: .*the bucket 'secret'/),
      expect.stringMatching(/^NotAllowed: .*output to 's3:\/\/data\/elsewhere'/),
      expect.stringMatching(/^NotAllowed: .*the bucket 'secret'/),
      undefined,
    ]);
  });
});
