import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readWorkflowInputs } from '../../src/cli/workflow-inputs.ts';
import type { Json, VariableType } from '../../src/graph/types.ts';

const directory = mkdtempSync(join(tmpdir(), 'inputs-'));
const jsonFile = join(directory, 'value.json');
writeFileSync(jsonFile, '{"a": [1]}');
afterAll(() => rmSync(directory, { recursive: true }));

const good: [VariableType, string, Json][] = [
  ['string', 'a=b', 'a=b'],
  ['string', '', ''],
  ['string', '@here', '@here'],
  ['integer', '-12', -12],
  ['float', '0.5', 0.5],
  ['float', '1e-3', 0.001],
  ['boolean', 'true', true],
  ['boolean', 'false', false],
  ['uri', 's3://bucket/key', 's3://bucket/key'],
  ['uri', directory, pathToFileURL(directory).href],
  ['uri', 'test', pathToFileURL(join(process.cwd(), 'test')).href],
  ['json', '{"a": 1}', { a: 1 }],
  ['json', `@${jsonFile}`, { a: [1] }],
];

test.each(good)('a value of type %s, %j, is read as %j', (type, text, value) => {
  expect(readWorkflowInputs({ x: text }, { inputs: { x: { type } }, outputs: {} })).toEqual({ x: value });
});

const bad: [VariableType, string, string][] = [
  ['integer', '1.5', '--input x: expected an integer, got 1.5.'],
  ['integer', '', "--input x: expected an integer, got ''."],
  ['float', 'ten', "--input x: expected a number, got 'ten'."],
  ['boolean', 'yes', "--input x: expected true or false, got 'yes'."],
  ['uri', '/no/such/place', '--input x: /no/such/place does not exist.'],
  ['uri', '', "--input x: expected a path, file:// or s3://, got ''."],
  ['json', '{a:1}', '--input x: expected JSON'],
  ['json', '@/no/such.json', 'no such file'],
];

test.each(bad)('a value of type %s cannot be %j', (type, text, message) => {
  expect(() => readWorkflowInputs({ x: text }, { inputs: { x: { type } }, outputs: {} })).toThrow(message);
});

test('an unknown input is named together with the ones there are', () => {
  const read = () =>
    readWorkflowInputs({ epoch: '1' }, { inputs: { epochs: { type: 'integer' } }, outputs: {} });
  expect(read).toThrow(
    expect.objectContaining({
      code: 'InvalidArgument',
      message: "--input: the workflow has no input 'epoch'.",
      hint: "Did you mean 'epochs'? There is: epochs.",
    }),
  );
});
