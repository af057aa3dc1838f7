import { afterAll, beforeAll, expect, test } from 'vitest';
import { sagemakerModel } from '../../../src/server/wire/model/sagemaker.gen.ts';
import type { ServiceModel } from '../../../src/server/wire/model/service-model.ts';
import { Random } from '../fuzz/random.ts';
import { ShapeMutator } from '../fuzz/shape-mutator.ts';
import { type ApiFixture, openApi } from '../harness.ts';
import { validRequests } from './valid-requests.ts';

/** What one run mutates with; the next run does the same. */
const SEED = 20_261_120;
const PER_OPERATION = 40;

const model: ServiceModel = sagemakerModel;
let api: ApiFixture;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** Requests that would start a job are fuzzed with its required role left out, so that none does. */
function withoutEffect(operation: string, request: unknown): unknown {
  if (!/^Create.*Job$/.test(operation) || typeof request !== 'object' || request === null) return request;
  const { RoleArn: _role, TransformResources: _resources, ...rest } = request as Record<string, unknown>;
  return rest;
}

test.each(Object.keys(model.operations))('%s answers whatever it is sent', async (operation) => {
  const mutator = new ShapeMutator(model, new Random(SEED + operation.length));
  const shape = model.operations[operation]?.input as string;
  for (let round = 0; round < PER_OPERATION; round++) {
    const request = withoutEffect(operation, mutator.mutate(shape, validRequests[operation]));
    const answer = await api.post(operation, JSON.stringify(request) ?? '');
    expect(
      [200, 400, 413],
      `${JSON.stringify(request)?.slice(0, 500)}\n${answer.text.slice(0, 500)}`,
    ).toContain(answer.status);
    expect(answer.status === 200 || /^[A-Z][A-Za-z]+$/.test(answer.error.code)).toBe(true);
  }
});

test.each([
  ['a body that is cut', (body: string) => body.slice(0, Math.floor(body.length / 2))],
  ['a body with a byte changed', (body: string) => body.replace(':', ';')],
  ['a body followed by another', (body: string) => body + body],
  ['brackets without end', () => '['.repeat(100_000)],
  ['braces without end', () => '{"a":'.repeat(100_000)],
  ['a list nested deep', () => `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['a member nested deep', () => `{"Tags":${'['.repeat(5000)}${']'.repeat(5000)}}`],
  ['duplicate members', () => '{"ModelName":"a","ModelName":5}'],
  ['bytes that are no UTF-8', () => '{"ModelName":"\u00ff\u00fe"}'],
])('%s is refused by every operation', async (_what, change) => {
  for (const operation of Object.keys(model.operations)) {
    const answer = await api.post(operation, change(JSON.stringify(validRequests[operation])));
    expect([200, 400]).toContain(answer.status);
  }
});

test('nothing of it was a defect', () => {
  expect(api.logged.filter((line) => !line.includes('ignored members'))).toEqual([]);
});
