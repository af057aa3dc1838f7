// Needs: bubblewrap
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import { Limiter } from '../../../src/core/limiter.ts';
import { createEngine, type RunResult } from '../../../src/engine/index.ts';
import type { FunctionTask, WorkflowGraph } from '../../../src/graph/index.ts';
import { isolatedFunctions } from '../../../src/home/functions/index.ts';
import { executors, openJobs } from '../../harness/jobs.ts';

const module = `import { integer, task, workflow } from 'sluice';
import { twice } from './lib/twice.ts';

const types = { inputs: { n: integer() }, outputs: { n: integer() } };
const double = task('double', types, ({ n }, { node, attempt }) => {
  console.log('at ' + node + ' ' + attempt);
  return { n: twice(n) };
});
const bad = task('bad', types, () => {
  throw new Error('no such luck');
});
const wrong = task('wrong', types, () => ({ n: 'text' }) as never);
const nan = task('nan', types, () => ({ n: Number.NaN }));
const date = task('date', types, () => ({ n: { at: new Date(0) } }) as never);
const gone = task('gone', types, () => process.exit(3));
const waits = task('waits', { ...types, timeoutSeconds: 1 }, (_, { signal }) => new Promise((_done, fail) => {
  signal.addEventListener('abort', () => fail(signal.reason));
  setInterval(() => undefined, 1000);
}));
export default workflow('flow', {}, () => {
  for (const each of [double, bad, wrong, nan, date, gone, waits]) each({ n: 4 });
});
`;

const code = [
  { path: 'flows/flow.ts', source: Buffer.from(module.replace('./lib', '../lib')), mode: 0o644 },
  {
    path: 'lib/twice.ts',
    source: Buffer.from('export const twice = (n: number): number => 2 * n;'),
    mode: 0o644,
  },
  { path: 'package.json', source: Buffer.from('{"type":"module"}'), mode: 0o644 },
];

/** Runs one task of the module, without loading it here. */
async function run(
  executor: Parameters<typeof isolatedFunctions>[0]['executor'],
  name: string,
  changes: Partial<FunctionTask> = {},
): Promise<RunResult & { readonly lines: string[]; readonly left: string[] }> {
  await using fixture = await openJobs();
  const bundles = new Bundles({ stores: { store: () => fixture.store }, account: DEFAULT_ACCOUNT });
  const bundle = await bundles.add(code);
  const task: FunctionTask = {
    type: 'function',
    name,
    interface: { inputs: { n: { type: 'integer' } }, outputs: { n: { type: 'integer' } } },
    code: { bundle: { digest: bundle.digest }, entry: 'flows/flow.ts', workflow: 'flow' },
    ...changes,
  };
  const graph: WorkflowGraph = {
    version: 2,
    name: 'flow',
    interface: { inputs: {}, outputs: { n: { type: 'integer' } } },
    outputs: { n: { node: name, output: 'n' } },
    tasks: { [name]: task },
    nodes: [{ id: name, task: name, inputs: { n: { literal: 4 } } }],
  };
  const lines: string[] = [];
  const directory = join(fixture.home, 'calls');
  const functions = isolatedFunctions({
    graph,
    bundles,
    executor,
    directory,
    places: new Limiter(2),
    onLine: (_run, node, line) => lines.push(`${node}: ${line}`),
  });
  const engine = createEngine({ state: fixture.state, platforms: {} });
  const handle = await engine.run({ graph, functions });
  return { ...(await handle.done), lines, left: readdirSync(directory) };
}

describe.each(executors)('a function in a process of its own (%s)', (_name, executor) => {
  test('gets its inputs, prints, and gives its outputs, with the modules of its bundle', async () => {
    expect(await run(executor(), 'double')).toMatchObject({
      phase: 'Succeeded',
      outputs: { n: 8 },
      lines: ['double: at double 1'],
      left: [],
    });
  });

  test.each([
    ['bad', 'TaskFailed', /^no such luck \(flows\/flow\.ts:10\)/],
    ['wrong', 'OutputInvalid', /its output 'n': expected an integer, got 'text'/],
    ['nan', 'OutputInvalid', /its output 'n': expected JSON, got NaN\./],
    ['date', 'OutputInvalid', /its output 'n': expected JSON, got a Date at 'at'\./],
    ['gone', 'TaskFailed', /The process of task 'gone' ended with exit code 3/],
    ['missing', 'TaskFailed', /holds no function of task 'missing'/],
  ])('that is %s fails its node with %s', async (name, errorCode, message) => {
    const { phase, error, left } = await run(executor(), name);
    expect({ phase, code: error?.code, left }).toEqual({ phase: 'Failed', code: errorCode, left: [] });
    expect(error?.message).toMatch(message);
  });

  test('is stopped when its time is over', async () => {
    expect(await run(executor(), 'waits', { timeoutSeconds: 1 })).toMatchObject({
      phase: 'Failed',
      error: { code: 'TimeoutExpired' },
      left: [],
    });
  });

  test('whose code is gone says which bundle', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const result = await run(executor(), 'double', {
      code: { bundle: { digest }, entry: 'flows/flow.ts', workflow: 'flow' },
    });
    expect(result.error).toMatchObject({
      code: 'BundleNotFound',
      message: expect.stringContaining(digest) as string,
    });
  });
});
