import { afterAll, beforeAll, expect, test } from 'vitest';
import { sagemakerModel } from '../../../src/server/wire/model/sagemaker.gen.ts';
import type { ServiceModel, Shape } from '../../../src/server/wire/model/service-model.ts';
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

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Mutator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  /** A request in which some members are changed, left out, or added from the model. */
  mutate(shapeName: string, request: unknown): unknown {
    return this.#change(shapeName, request, 0);
  }

  #change(shapeName: string, value: unknown, depth: number): unknown {
    if (this.#random() < 0.12) return this.#strange(depth);
    const shape = model.shapes[shapeName] as Shape;
    if (shape.type === 'structure') return this.#structure(shape, value, depth);
    if (shape.type === 'list' && Array.isArray(value)) {
      const items = value.map((each) => this.#change(shape.member as string, each, depth + 1));
      return this.#random() < 0.1 ? Array.from({ length: 200 }, () => items[0] ?? null) : items;
    }
    return value;
  }

  #structure(shape: Shape, value: unknown, depth: number): unknown {
    const result: Record<string, unknown> = {};
    const given = (value ?? {}) as Record<string, unknown>;
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const change = this.#random();
      if (name in given && change > 0.06) result[name] = this.#change(member, given[name], depth + 1);
      else if (!(name in given) && change < 0.05) result[name] = this.#make(member, depth + 1);
    }
    if (this.#random() < 0.05)
      result[this.#pick(['Unknown', '__proto__', 'constructor', ''])] = this.#strange(depth);
    return result;
  }

  /** A value of a shape, valid as far as types go. */
  #make(shapeName: string, depth: number): unknown {
    const shape = model.shapes[shapeName] as Shape;
    if (depth > 8) return null;
    switch (shape.type) {
      case 'structure':
        return this.#structure(shape, {}, depth);
      case 'list':
        return [this.#make(shape.member as string, depth + 1)];
      case 'map':
        return { [this.#text()]: this.#make(shape.value as string, depth + 1) };
      case 'boolean':
        return this.#random() < 0.5;
      case 'string':
        return shape.enum ? this.#pick(shape.enum) : this.#text();
      default:
        return this.#pick([0, 1, -1, 5, 1e6, 1.5]);
    }
  }

  #strange(depth: number): unknown {
    const deep = Array.from({ length: 80 }).reduce<unknown>((inner) => ({ a: [inner] }), 1);
    return this.#pick<unknown>([
      null,
      true,
      -1,
      1e308,
      3e9,
      '',
      [],
      {},
      [null],
      { '': null },
      this.#text(),
      'x'.repeat(70_000),
      '../../etc/passwd',
      "'; DROP TABLE jobs; --",
      '\u0000\uD800\u202E',
      depth < 4 ? deep : 0,
    ]);
  }

  #text(): string {
    return this.#pick([
      'a',
      'a-1',
      'A_B',
      's3://bucket/key',
      'arn:aws:iam::123456789012:role/r',
      'é',
      ' ',
      'x/y',
      '..',
    ]);
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)] as Value;
  }
}

/** Requests that would start a job are fuzzed with its required role left out, so that none does. */
function withoutEffect(operation: string, request: unknown): unknown {
  if (!/^Create.*Job$/.test(operation) || typeof request !== 'object' || request === null) return request;
  const { RoleArn: _role, TransformResources: _resources, ...rest } = request as Record<string, unknown>;
  return rest;
}

test.each(Object.keys(model.operations))('%s answers whatever it is sent', async (operation) => {
  const mutator = new Mutator(SEED + operation.length);
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
