import { describe, expect, it } from 'vitest';
import { integer, json, task, type Workflow, workflow } from '../../src/index.ts';
import { testEngine } from './home.ts';

/** What a random graph comes to, by a model that knows no engine. */
interface Model {
  /** For each node, its dependencies, all of them earlier. */
  readonly dependencies: readonly (readonly number[])[];
  /** For each node, how often it fails before it succeeds. */
  readonly failures: readonly number[];
  readonly retries: number;
}

function randomModel(seed: number): Model {
  const random = mulberry32(seed);
  const size = 1 + Math.floor(random() * 40);
  const indices = Array.from({ length: size }, (_, index) => index);
  return {
    dependencies: indices.map((index) => indices.slice(0, index).filter(() => random() < 3 / (index + 3))),
    failures: indices.map(() => (random() < 0.15 ? 1 + Math.floor(random() * 3) : 0)),
    retries: Math.floor(random() * 3),
  };
}

/** One plus the sum of what a node depends on; undefined where it or one of them fails for good. */
function expectedValues({ dependencies, failures, retries }: Model, healed: boolean): (number | undefined)[] {
  const values: (number | undefined)[] = [];
  for (const [index, list] of dependencies.entries()) {
    const inputs = list.map((dependency) => values[dependency]);
    const fails = !healed && (failures[index] as number) > retries;
    values.push(
      fails || inputs.includes(undefined) ? undefined : inputs.reduce<number>((a, b) => a + (b ?? 0), 1),
    );
  }
  return values;
}

function flowOf(model: Model, calls: number[]): Workflow {
  const sum = task(
    'sum',
    {
      inputs: { index: integer(), values: json<number[]>() },
      outputs: { value: integer() },
      retries: model.retries,
    },
    async ({ index, values }) => {
      calls[index] = (calls[index] ?? 0) + 1;
      if (index % 3 === 0) await new Promise(setImmediate);
      if (calls[index] <= (model.failures[index] as number)) throw new Error('not yet');
      return { value: values.reduce((a, b) => a + b, 1) };
    },
  );
  return workflow('random', { failurePolicy: 'FAIL_AFTER_EXECUTABLE_NODES_COMPLETE' }, () => {
    const nodes: ReturnType<typeof sum>[] = [];
    for (const [index, list] of model.dependencies.entries()) {
      const values = list.map((dependency) => (nodes[dependency] as (typeof nodes)[number]).value);
      nodes.push(sum({ index, values }, { name: `n${index}` }));
    }
  });
}

describe('random graphs', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'end as the model says, and resumed as well (seed %i)',
    async (seed) => {
      const model = randomModel(seed);
      const calls: number[] = [];
      const flow = flowOf(model, calls);
      const { engine } = await testEngine();
      const first = await engine.run({ ...flow, concurrency: 1 + (seed % 5) });
      let result = await first.done;
      const expected = expectedValues(model, false);
      expect(result.nodes.map(({ outputs }) => outputs?.['value'])).toEqual(expected);
      expect(result.phase).toBe(expected.includes(undefined) ? 'Failed' : 'Succeeded');
      // Three failures at most, and one more attempt with each resume.
      for (let resumes = 0; resumes < 100 && result.phase !== 'Succeeded'; resumes++) {
        result = await (await engine.resume(first.id, flow)).done;
      }
      expect(result.nodes.map(({ outputs }) => outputs?.['value'])).toEqual(expectedValues(model, true));
      expect(calls).toEqual(model.failures.map((failures) => failures + 1));
    },
  );
});

/** A small seeded generator. */
function mulberry32(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
