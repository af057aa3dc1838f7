import { expect, test } from 'vitest';
import { configToken } from '../../../../src/flyte/connector/aws/idempotence-token.ts';
import { pythonText, pythonTime } from '../../../../src/flyte/connector/aws/python-text.ts';
import {
  cutToken,
  keepToken,
  renderConfig,
  renderToken,
} from '../../../../src/flyte/connector/aws/render-config.ts';
import { templateValues } from '../../../../src/flyte/connector/aws/template-values.ts';
import type { Literal } from '../../../../src/flyte/connector/messages.ts';
import type { Json } from '../../../../src/graph/index.ts';

const primitive = (value: object): Literal => ({ scalar: { primitive: value } });
const LITERALS: Readonly<Record<string, Literal>> = {
  epochs: primitive({ integer: '3' }),
  rate: primitive({ floatValue: 2 }),
  small: primitive({ floatValue: 1e-7 }),
  yes: primitive({ boolean: true }),
  when: primitive({ datetime: { seconds: '1767323045', nanos: 250_000_000 } }),
  wait: primitive({ duration: { seconds: '90' } }),
  extra: { scalar: { binary: { tag: 'msgpack' } } },
  names: { collection: {} },
  maybe: { scalar: { union: { value: primitive({ floatValue: 1 }) } } },
  none: { scalar: { noneType: {} } },
};
const INPUTS: Readonly<Record<string, Json>> = {
  epochs: 3,
  rate: 2,
  small: 1e-7,
  yes: true,
  when: '2026-01-02T03:04:05.250Z',
  wait: 90,
  extra: { depth: 4, tags: ['a'] },
  names: ['a', "b'c"],
  maybe: 1,
  none: null,
};
const CUSTOM = {
  images: { main: 'r/i:1', triton: '{account_id}.dkr.ecr.{region}.{base}/sagemaker-tritonserver:23.12-py3' },
};
const values = templateValues(
  { inputs: INPUTS, literals: { literals: LITERALS }, custom: CUSTOM },
  'cn-north-1',
);

test.each<[string, Json]>([
  ['{inputs.epochs}', 3],
  ['{inputs.extra}', { depth: 4, tags: ['a'] }],
  ['{inputs.extra.depth}', 4],
  ['{inputs.names}', ['a', "b'c"]],
  ['{inputs.none}', null],
  ['n={inputs.epochs}', 'n=3'],
  ['{inputs.epochs}{inputs.epochs}', '33'],
  ['r={inputs.rate}', 'r=2.0'],
  ['r={inputs.small}', 'r=1e-07'],
  ['m={inputs.maybe}', 'm=1.0'],
  ['y={inputs.yes}', 'y=True'],
  ['t={inputs.when}', 't=2026-01-02T03:04:05.250000+00:00'],
  ['w={inputs.wait}', 'w=90.0'],
  ['e={inputs.extra}', 'e={"depth": 4, "tags": ["a"]}'],
  ['l={inputs.names}', `l=['a', "b'c"]`],
  ['o={inputs.none}', 'o=None'],
  ['{images.main}', 'r/i:1'],
  ['{images.triton}', '472730292857.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-tritonserver:23.12-py3'],
  // Braces of another program, which flytekit's connector takes for placeholders.
  ['{"rate": 0.5}', '{"rate": 0.5}'],
  ['{idempotence_token}', '{idempotence_token}'],
])('%s stands for %j', (text, expected) => {
  expect(renderConfig({ a: [text] }, values)).toEqual({ a: [expected] });
});

test('a placeholder of nothing names its place, and what there is', () => {
  expect(() => renderConfig({ HyperParameters: { n: '{inputs.epoch}' } }, values)).toThrow(
    expect.objectContaining({
      message: 'config.HyperParameters.n names {inputs.epoch}, which the task does not have.',
      hint: expect.stringContaining('epochs'),
    }),
  );
});

test('an image of Triton needs a region that has one', () => {
  const custom = { images: { triton: CUSTOM.images.triton } };
  expect(() => templateValues({ inputs: {}, literals: {}, custom }, 'eu-central-2')).toThrow(
    /images.triton: eu-central-2 has no image of Triton/,
  );
});

const TOKEN = '0123456789abcdef';
const LONG = 'x'.repeat(60);

test.each([
  ['job-{idempotence_token}', cutToken, `job-${TOKEN}`],
  ['job-{idempotence_token}', keepToken, `job-${TOKEN}`],
  [`${LONG}{idempotence_token}`, cutToken, `${LONG}012`],
  [`${LONG}-{idempotence_token}`, keepToken, `${'x'.repeat(46)}-${TOKEN}`],
  // What is no name may be as long as it likes.
  [`s3://b/${LONG}/{idempotence_token}`, cutToken, `s3://b/${LONG}/${TOKEN}`],
])('the token in %s', (text, fit, expected) => {
  expect(renderToken({ Name: text }, TOKEN, fit)).toEqual({ Name: expected });
});

test('the token of a model is the one that flytekit’s own connector takes', async () => {
  const config = {
    ModelName: 'flyte-{idempotence_token}',
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
    PrimaryContainer: {
      Image: 'sluice/node:24',
      ModelDataUrl: 's3://flyte/models/train-49ae0c03921dfffd/output/model.tar.gz',
    },
  };
  await expect(configToken(config)).resolves.toBe('42e88384131e3b7d');
});

test.each<[Json, string]>([
  [1e21, '1000000000000000000000'],
  [1.5e16, '15000000000000000'],
  [0.0001, '0.0001'],
  [0.00001234, '1.234e-05'],
  [2.5e-10, '2.5e-10'],
  [{ a: null, b: [true, 'x\n'] }, "{'a': None, 'b': [True, 'x\\n']}"],
])('%j is %s for Python', (value, expected) => {
  expect(pythonText(value)).toBe(expected);
});

test('a time without parts of a second has none for Python', () => {
  expect(pythonTime(new Date('2026-01-02T03:04:05Z'))).toBe('2026-01-02T03:04:05+00:00');
});
