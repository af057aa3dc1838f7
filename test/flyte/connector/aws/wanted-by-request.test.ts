import { expect, test } from 'vitest';
import { Allowances } from '../../../../src/flyte/connector/allowances.ts';
import { wantedByRequest } from '../../../../src/flyte/connector/aws/wanted-by-request.ts';
import type { Json } from '../../../../src/graph/index.ts';
import { flyteTask } from './harness.ts';

const ROLE = 'arn:aws:iam::123456789012:role/team/Jobs';
const REQUEST = {
  RoleArn: ROLE,
  InputDataConfig: [{ DataSource: { S3DataSource: { S3Uri: 's3://data/in/' } } }],
  HyperParameters: { extra: '--from=s3://more/x --to=S3://other/y' },
  OutputDataConfig: { S3OutputPath: 's3://data/out' },
  CheckpointConfig: { S3Uri: 's3://data/checkpoints' },
};

test('every role and place that a request names is wanted, and those of outputs to write to', () => {
  expect(wantedByRequest(REQUEST, 'sagemaker:CreateTrainingJob')).toEqual({
    roles: new Set([ROLE]),
    places: new Set([
      's3://data/in/',
      's3://more/x',
      'S3://other/y',
      's3://data/out',
      's3://data/checkpoints',
    ]),
    outputs: new Set(['s3://data/out', 's3://data/checkpoints']),
    operations: ['sagemaker:CreateTrainingJob'],
  });
});

const entry = {
  roles: ['arn:aws:iam::*:role/team/*'],
  buckets: ['data', 'more', 'other'],
  outputs: ['s3://data/'],
};

test.each<[string, object, Json, RegExp]>([
  ['a role', { roles: [] }, {}, /the role/],
  ['a bucket', { buckets: ['data'] }, {}, /the bucket 'more'/],
  ['an output', { outputs: ['s3://data/out'] }, {}, /output to 's3:\/\/data\/checkpoints'/],
])('%s that is not allowed is refused', (_, less, more, message) => {
  const allowances = new Allowances([{ ...entry, ...less }], 'default');
  const wanted = wantedByRequest({ ...REQUEST, ...(more as object) });
  expect(() => allowances.check(flyteTask({}), wanted)).toThrow(message);
  expect(() => new Allowances([entry], 'default').check(flyteTask({}), wanted)).not.toThrow();
});
