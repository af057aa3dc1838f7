import { encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { readLiterals } from '../../../src/flyte/connector/literals/read-literal.ts';
import { jsonToStruct } from '../../../src/flyte/connector/literals/struct.ts';
import { writeLiterals } from '../../../src/flyte/connector/literals/write-literal.ts';
import type { Literal, LiteralMap, LiteralType } from '../../../src/flyte/connector/messages.ts';
import { encodingFor } from '../../../src/flyte/connector/read-task.ts';
import { loadProtos, messageCodec } from '../../../src/flyte/protos/index.ts';
import type { Json } from '../../../src/graph/index.ts';

const primitive = (value: NonNullable<NonNullable<Literal['scalar']>['primitive']>): Literal => ({
  scalar: { primitive: value },
});

const mixed = { rate: 0.5, depth: 3, names: ['a', null], deep: { on: true } };

/** A value, its literal, its type. */
const both: readonly (readonly [string, Json, Literal, LiteralType])[] = [
  ['a text', 'x', primitive({ stringValue: 'x' }), { simple: 'STRING' }],
  ['an empty text', '', primitive({ stringValue: '' }), { simple: 'STRING' }],
  ['an integer', 7, primitive({ integer: '7' }), { simple: 'INTEGER' }],
  ['zero', 0, primitive({ integer: '0' }), { simple: 'INTEGER' }],
  ['a whole float', 2, primitive({ floatValue: 2 }), { simple: 'FLOAT' }],
  ['false', false, primitive({ boolean: false }), { simple: 'BOOLEAN' }],
  ['none', null, { scalar: { noneType: {} } }, { simple: 'NONE' }],
  [
    'a time',
    '2026-11-28T10:00:00.250Z',
    primitive({ datetime: { seconds: '1795860000', nanos: 250_000_000 } }),
    { simple: 'DATETIME' },
  ],
  ['a duration', 1.5, primitive({ duration: { seconds: '1', nanos: 500_000_000 } }), { simple: 'DURATION' }],
  ['a Struct', mixed, { scalar: { generic: jsonToStruct(mixed) } }, { simple: 'STRUCT' }],
  [
    'a file',
    's3://b/f.csv',
    {
      scalar: {
        blob: { uri: 's3://b/f.csv', metadata: { type: { format: 'csv', dimensionality: 'SINGLE' } } },
      },
    },
    { blob: { format: 'csv', dimensionality: 'SINGLE' } },
  ],
  [
    'a dataset',
    's3://b/d',
    {
      scalar: {
        structuredDataset: { uri: 's3://b/d', metadata: { structuredDatasetType: { format: 'parquet' } } },
      },
    },
    { structuredDatasetType: { format: 'parquet' } },
  ],
  ['a schema', 's3://b/s', { scalar: { schema: { uri: 's3://b/s', type: {} } } }, { schema: {} }],
  ['one of several', 'hot', primitive({ stringValue: 'hot' }), { enumType: { values: ['cold', 'hot'] } }],
  [
    'a list',
    [1, 2],
    { collection: { literals: [primitive({ integer: '1' }), primitive({ integer: '2' })] } },
    { collectionType: { simple: 'INTEGER' } },
  ],
  [
    'a map',
    { a: 'b' },
    { map: { literals: { a: primitive({ stringValue: 'b' }) } } },
    { mapValueType: { simple: 'STRING' } },
  ],
  [
    'a value that may be none',
    3,
    { scalar: { union: { value: primitive({ integer: '3' }), type: { simple: 'INTEGER' } } } },
    { unionType: { variants: [{ simple: 'NONE' }, { simple: 'INTEGER' }, { simple: 'FLOAT' }] } },
  ],
];

test.each(both)('%s is read and written', (_, value, literal, type) => {
  expect(readLiterals({ literals: { it: literal } })).toEqual({ it: value });
  expect(writeLiterals({ it: value }, { it: type }, 'generic')).toEqual({ literals: { it: literal } });
});

test('dictionaries are read and written as MessagePack, in which integers stay integers', () => {
  const literal: Literal = { scalar: { binary: { value: Buffer.from(encode(mixed)), tag: 'msgpack' } } };
  expect(readLiterals({ literals: { it: literal } })).toEqual({ it: mixed });
  expect(writeLiterals({ it: mixed }, { it: { simple: 'STRUCT' } }, 'msgpack')).toEqual({
    literals: { it: literal },
  });
});

test.each([
  [{ type: 'FLYTE_SDK', version: '1.16.31', flavor: 'python' }, 'msgpack'],
  [{ type: 'FLYTE_SDK', version: '1.14.0b2', flavor: 'python' }, 'msgpack'],
  [{ type: 'FLYTE_SDK', version: '0.0.0+develop', flavor: 'python' }, 'msgpack'],
  [{ type: 'FLYTE_SDK', version: '1.13.9', flavor: 'python' }, 'generic'],
  [{ type: 'FLYTE_SDK', version: '1.16.0', flavor: 'java' }, 'generic'],
  [{ type: 'OTHER', version: '2.0' }, 'generic'],
  [undefined, 'generic'],
] as const)('what %j has made gets dictionaries as %s', (runtime, encoding) => {
  expect(encodingFor({ metadata: runtime ? { runtime } : {} })).toBe(encoding);
});

let nested: Literal = primitive({ integer: '1' });
for (let depth = 0; depth < 200; depth++) nested = { collection: { literals: [nested] } };

test.each([
  ['nothing', {}, 'it has no value'],
  ['an integer that JSON does not hold', primitive({ integer: '9007199254740993' }), 'beyond what JSON'],
  ['no number', primitive({ floatValue: Number.NaN }), 'NaN is no number of JSON'],
  ['other binary data', { scalar: { binary: { value: Buffer.of(1), tag: 'avro' } } }, "of the form 'avro'"],
  ['broken MessagePack', { scalar: { binary: { value: Buffer.of(0xc1), tag: 'msgpack' } } }, 'MessagePack'],
  ['an error', { scalar: { error: { message: 'boom' } } }, 'the task before it has failed: boom'],
  ['an offloaded value', { offloadedMetadata: { uri: 's3://b/k' } }, 'offloaded to s3://b/k'],
  ['what is nested without end', nested, 'nested deeper than 100'],
] as const)('%s is refused by its name', (_, literal, problem) => {
  expect(() => readLiterals({ literals: { depth: literal } })).toThrow(
    new RegExp(`The input 'depth' cannot be read: .*${problem}`),
  );
});

test.each([
  ['a text', 'x', { simple: 'INTEGER' }, "declared as INTEGER; the task has made 'x'"],
  ['half a number', 1.5, { simple: 'INTEGER' }, 'declared as INTEGER; the task has made 1.5'],
  ['an object', {}, { simple: 'STRING' }, 'declared as STRING; the task has made an object'],
  ['a list as a Struct', [1], { simple: 'STRUCT' }, 'declared as STRUCT; the task has made a list'],
  ['another choice', 'z', { enumType: { values: ['a', 'b'] } }, "one of a, b; the task has made 'z'"],
  ['a list of the wrong', [1, 'x'], { collectionType: { simple: 'INTEGER' } }, 'a list of INTEGER'],
  ['a number for a file', 1, { blob: { dimensionality: 'SINGLE' } }, 'a file; the task has made 1'],
  ['a date that is none', 'soon', { simple: 'DATETIME' }, "DATETIME; the task has made 'soon'"],
] as const)('%s is not written as another type', (_, value, type, problem) => {
  expect(() => writeLiterals({ it: value }, { it: type }, 'generic')).toThrow(
    new RegExp(`The output 'it' is .*${problem}`),
  );
});

test('an output that was not made is named, unless it may be none', () => {
  expect(() => writeLiterals({ other: 1 }, { it: { simple: 'STRING' } }, 'generic')).toThrow(
    "The task declares an output 'it', which it has not made.",
  );
  const type: LiteralType = { unionType: { variants: [{ simple: 'STRING' }, { simple: 'NONE' }] } };
  expect(writeLiterals({}, { it: type }, 'generic')).toMatchObject({
    literals: { it: { scalar: { union: { value: { scalar: { noneType: {} } } } } } },
  });
});

test.each([
  ['generic', { simple: 'STRUCT' }],
  ['msgpack', { simple: 'STRUCT' }],
  ['generic', { unionType: { variants: [{ simple: 'NONE' }, { simple: 'STRUCT' }] } }],
] as const)('a value as %s is nested at most as deep as an answer may be', (encoding, type) => {
  const nested = (levels: number): Json =>
    Array.from({ length: levels }).reduce<Json>((inner) => ({ inner }), { end: 1 });
  const answer = messageCodec<object>(
    loadProtos(['flyteidl/service/agent.proto']),
    'flyteidl.admin.GetTaskResponse',
  );
  const outputs = writeLiterals({ deep: nested(29) }, { deep: type }, encoding);
  const bytes = answer.encode({ resource: { phase: 'SUCCEEDED', outputs } });
  expect(
    readLiterals((answer.decode(bytes) as { resource: { outputs: LiteralMap } }).resource.outputs),
  ).toEqual({
    deep: nested(29),
  });
  expect(() => writeLiterals({ deep: nested(200) }, { deep: type }, encoding)).toThrow(
    "The output 'deep' is nested deeper than 30 levels.",
  );
});
