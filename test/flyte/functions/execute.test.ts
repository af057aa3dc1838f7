import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeTree } from '../../../src/core/tree/index.ts';
import { readLiterals } from '../../../src/flyte/connector/literals/read-literal.ts';
import { writeLiterals } from '../../../src/flyte/connector/literals/write-literal.ts';
import type { LiteralMap } from '../../../src/flyte/connector/messages.ts';
import { loadProtos, messageCodec } from '../../../src/flyte/protos/index.ts';
import { planPackage } from '../../../src/flyte/registration/index.ts';
import { bundlesOf, type Json, mapBundles, parseGraph } from '../../../src/graph/index.ts';
import { createStores, type OpenStores } from '../../../src/objects/index.ts';
import { sluice } from '../../harness/sluice.ts';

const file = fileURLToPath(new URL('../../fixtures/flyte/workflows/functions.ts', import.meta.url));
const protos = loadProtos(['flyteidl/core/literals.proto', 'flyteidl/core/errors.proto']);
const literals = messageCodec<LiteralMap>(protos, 'flyteidl.core.LiteralMap');
const errors = messageCodec<{ error: object }>(protos, 'flyteidl.core.ErrorDocument');

let home: string;
let stores: OpenStores;
let graph: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'flyte-execute-'));
  stores = await createStores({ home, environment: { SLUICE_S3: 'embedded' } });
  await stores.store('flyte').createBucket('flyte');
  await sluice(['compile', file, '-o', home], { home });
  const compiled = await parseGraph(await readFile(join(home, 'graph.json'), 'utf8'));
  const [digest = ''] = bundlesOf(compiled).keys();
  const archive = await readFile(join(home, 'bundles', `${digest.slice(7)}.tar.gz`));
  await stores.store('flyte').put('flyte', 'code.tar.gz', archive);
  const uploaded = mapBundles(compiled, (bundle) => ({ ...bundle, uri: 's3://flyte/code.tar.gz' }));
  const place = { project: 'p', domain: 'd' };
  const { tasks } = planPackage({ graph: uploaded, place, version: 'v', image: 'node:1' });
  graph = tasks[0]?.template.container?.env[0]?.value ?? '';
});
afterAll(async () => {
  await stores.close();
  await removeTree(home);
});

/** Runs the container's command as Flyte does. */
async function execute(inputs: LiteralMap, environment: Record<string, string> = {}) {
  await stores.store('flyte').put('flyte', 'inputs.pb', literals.encode(inputs));
  const ended = await sluice(
    ['flyte', 'execute', '--inputs', 's3://flyte/inputs.pb', '--output-prefix', 's3://flyte/out/0'],
    {
      home,
      environment: {
        SLUICE_S3: 'embedded',
        SLUICE_FLYTE_GRAPH: graph,
        FLYTE_INTERNAL_EXECUTION_ID: 'f123',
        FLYTE_ATTEMPT_NUMBER: '1',
        ...environment,
      },
    },
  );
  const read = async (name: string) => {
    const { body } = await stores.store('flyte').get('flyte', `out/0/${name}`);
    return Buffer.concat(await Array.fromAsync(body));
  };
  return { ended, read };
}

const given = (name: Json, times: Json = null): LiteralMap =>
  writeLiterals(
    { name, style_times: times },
    {
      name: { simple: 'STRING' },
      style_times: { unionType: { variants: [{ simple: 'INTEGER' }, { simple: 'NONE' }] } },
    },
    'msgpack',
  );

test('a function reads inputs.pb and writes outputs.pb, with what was left out left out', async () => {
  const { ended, read } = await execute(given('Ada', 3));
  expect(ended).toMatchObject({ code: 0, stdout: 'greeting Ada\n' });
  expect(readLiterals(literals.decode(await read('outputs.pb')))).toEqual({
    text: 'Hello Ada',
    details: [{ times: 3, loud: true }, 2, 'f123'],
  });
  const without = await execute(given('Bob'));
  expect(readLiterals(literals.decode(await without.read('outputs.pb')))['details']).toEqual([
    { loud: true },
    2,
    'f123',
  ]);
});

test('what a function throws is in error.pb, for Flyte to count its retries', async () => {
  const { ended, read } = await execute(given('nobody'), { FLYTE_FAIL_ON_ERROR: 'true' });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('Nobody is there. (test/fixtures/flyte/workflows/functions.ts:');
  expect(errors.decode(await read('error.pb')).error).toMatchObject({
    code: 'USER:TaskFailed',
    message: expect.stringContaining('Nobody is there.'),
    kind: 'RECOVERABLE',
    origin: 'USER',
  });
});

test.each([
  [
    'an output of another type',
    given('odd'),
    'USER:OutputInvalid',
    "its output 'text': expected a string, got 7",
  ],
  ['an input that is missing', {}, 'USER:InvalidArgument', "the input 'name': it is missing"],
  [
    'an input of another type',
    writeLiterals({ name: 7 }, { name: { simple: 'INTEGER' } }, 'msgpack'),
    'USER:InvalidArgument',
    "the input 'name': expected a string, got 7",
  ],
])('%s fails for good', async (_, inputs, code, message) => {
  const { ended, read } = await execute(inputs);
  expect(ended.code).toBe(0);
  expect(errors.decode(await read('error.pb')).error).toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
  expect(errors.decode(await read('error.pb')).error).not.toHaveProperty('kind', 'RECOVERABLE');
});
