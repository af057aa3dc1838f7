import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../../../src/server/operations/table.ts';
import { sagemakerModel } from '../../../src/server/wire/model/sagemaker.gen.ts';
import { type ApiFixture, openApi } from '../harness.ts';
import { badRequests } from './bad-requests.ts';
import { changedRequest, validRequests } from './valid-requests.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const names = Object.keys(operations);

test('every operation of the model is served and has a valid request in the table', () => {
  expect(names.toSorted()).toEqual(Object.keys(sagemakerModel.operations).toSorted());
  expect(Object.keys(validRequests).toSorted()).toEqual(names.toSorted());
});

test.each(badRequests)('%s with %j is a %s', async (operation, changes, code, message) => {
  const answer = await api.post(operation, changedRequest(operation, changes));
  expect(answer).toMatchObject({ status: 400, error: { code, message } });
  expect(answer.headers.get('x-amzn-errortype')).toBe(code);
  expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
});

describe('requests that are not even JSON of a known operation', () => {
  test.each([
    ['broken JSON', '{"TrainingJobName": ', 'SerializationException', 'The request body is not valid JSON.'],
    ['a list', '[]', 'SerializationException', 'Start of list found where not expected'],
    ['a number', '5', 'SerializationException', 'Unexpected field type'],
    ['a string', '"job"', 'SerializationException', 'Unexpected field type'],
    [
      'bytes that are no text',
      '\u0000\u0001',
      'SerializationException',
      'The request body is not valid JSON.',
    ],
    [
      'nothing at all',
      '',
      'ValidationException',
      "1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'null',
      'null',
      'ValidationException',
      "1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null",
    ],
  ])('%s', async (_what, body, code, message) => {
    const answer = await api.post('DescribeTrainingJob', body);
    expect(answer).toMatchObject({ status: 400, error: { code, message } });
  });

  test.each([
    ['CreateNotebookInstance', 'Sluice does not serve the operation CreateNotebookInstance of SageMaker.'],
    ['CreateCluster', 'Sluice does not serve the operation CreateCluster of SageMaker.'],
    ['MakeCoffee', 'SageMaker has no operation "MakeCoffee".'],
    ['constructor', 'SageMaker has no operation "constructor".'],
    ['', 'SageMaker has no operation "".'],
  ])('the operation %s', async (operation, message) => {
    const answer = await api.post(operation, {});
    expect(answer).toMatchObject({ status: 400, error: { code: 'UnknownOperationException', message } });
  });

  test('a body larger than the limit', async () => {
    const answer = await api.post('CreateModel', { ModelName: 'a'.repeat(10_000_000) });
    expect(answer).toMatchObject({ status: 413, error: { code: 'RequestEntityTooLargeException' } });
  });

  test('the target of another service', async () => {
    const headers = { 'x-amz-target': 'DynamoDB_20120810.ListTables' };
    const response = await fetch(api.url, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });
});

test('a member that the model does not name is ignored, and logged', async () => {
  const answer = await api.post('ListModels', { MaxResults: 5, MaxResult: 7, Sort: { By: 1 } });
  expect(answer.status).toBe(200);
  expect(api.logged.at(-1)).toBe('ListModels: ignored members that SageMaker does not know: MaxResult, Sort');
});

test('what is logged of a member is short, and nothing that a terminal would obey', async () => {
  await api.post('ListModels', { '\u001b]0;x\u0007\nListModels: \u009b': 1, ['y'.repeat(100_000)]: 1 });
  const logged = api.logged.at(-1) ?? '';
  expect(logged).toContain('know: "\\u001b]0;x\\u0007\\nListModels: \\u009b", "yyy');
  expect(logged.length).toBeLessThan(500);
});

test.each([
  ['lists', '['.repeat(3_000_000)],
  ['structures', `${'{"Unknown":'.repeat(500_000)}1${'}'.repeat(500_000)}`],
])('millions of %s in each other are refused before they are parsed', async (_, body) => {
  const answer = await api.post('ListModels', body);
  expect(answer).toMatchObject({ status: 400, error: { code: 'SerializationException' } });
  expect(answer.error.message).toBe('The request is nested too deep.');
});

test('brackets in text are no nesting', async () => {
  const NameContains = '[{\\"'.repeat(3000);
  const answer = await api.post('ListModels', { NameContains });
  expect(answer.error.message).toMatch(/nameContains/);
});

test('null is the same as absent', async () => {
  const answer = await api.post('ListModels', { MaxResults: null, NameContains: null });
  expect(answer).toMatchObject({ status: 200 });
});

test('a rule that is broken many times over is told a bounded number of times', async () => {
  const Tags = Array.from({ length: 50 }, () => ({ Key: `<${'x'.repeat(100_000)}`, Value: '<' }));
  const answer = await api.post('AddTags', changedRequest('AddTags', { Tags }));
  expect(answer.error.message).toMatch(/^\d+ validation errors detected: /);
  expect(answer.text.length).toBeLessThan(4_000_000);
});
