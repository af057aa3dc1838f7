import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeFreePort } from '../../src/jobs/serving/free-port.ts';
import { eventually } from '../harness/endpoints.ts';

const serving = fileURLToPath(new URL('../../src/serving', import.meta.url));
const SCRIPT = `
  import { readFileSync, writeFileSync } from 'node:fs';
  export const modelFn = (directory) => readFileSync(directory + '/word.txt', 'utf8');
  export const predictFn = async (input, word) => {
    if (input.begun) {
      writeFileSync(input.begun, '');
      await new Promise((done) => setTimeout(done, 300));
    }
    return { word, pid: process.pid };
  };`;

let root: string;
let server: ChildProcess;
let base: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'serve-models-'));
  for (const word of ['one', 'two']) {
    mkdirSync(join(root, word, 'code'), { recursive: true });
    writeFileSync(join(root, word, 'word.txt'), word);
    writeFileSync(join(root, word, 'code', 'package.json'), '{"type":"module"}');
    writeFileSync(join(root, word, 'code', 'inference.ts'), SCRIPT);
  }
  mkdirSync(join(root, 'empty'));
  const port = await takeFreePort();
  const command = [join(serving, 'serve-models.ts'), process.execPath, join(serving, 'serve.ts')];
  const env = { SAGEMAKER_BIND_TO_PORT: String(port) };
  server = spawn(process.execPath, command, { env, stdio: 'ignore' });
  base = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${base}/ping`));
});
afterAll(async () => {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  rmSync(root, { recursive: true });
});

async function ask(method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(base + path, { method, headers, ...(body !== undefined && { body: text }) });
  const said = await answer.text();
  return {
    status: answer.status,
    said,
    json: said.startsWith('{') ? (JSON.parse(said) as unknown) : undefined,
  };
}

const load = (name: string, directory = name) =>
  ask('POST', '/models', { model_name: name, url: join(root, directory) });

describe('the server of many models', () => {
  test('loads, lists, describes, invokes and unloads', async () => {
    expect(await ask('GET', '/models')).toMatchObject({ status: 200, json: { models: [] } });
    expect(await load('one')).toMatchObject({ status: 200 });
    expect(await load('two')).toMatchObject({ status: 200 });
    const described = (name: string) => ({ modelName: name, modelUrl: join(root, name) });
    expect(await ask('GET', '/models')).toMatchObject({
      json: { models: [described('one'), described('two')] },
    });
    expect(await ask('GET', '/models/two')).toMatchObject({ status: 200, json: described('two') });
    expect(await ask('POST', '/models/one/invoke', {})).toMatchObject({ status: 200, json: { word: 'one' } });
    expect(await ask('DELETE', '/models/two')).toMatchObject({ status: 200 });
    expect(await ask('GET', '/models')).toMatchObject({ json: { models: [described('one')] } });
  });

  test.each([
    ['loading a model that is loaded', 409, () => load('one')],
    ['loading what is no directory', 400, () => load('absent')],
    ['a body that is no JSON', 400, () => ask('POST', '/models', '{')],
    ['a body without a name', 400, () => ask('POST', '/models', { url: '/' })],
    ['describing a model that is not loaded', 404, () => ask('GET', '/models/two')],
    ['unloading a model that is not loaded', 404, () => ask('DELETE', '/models/two')],
    ['invoking a model that is not loaded', 404, () => ask('POST', '/models/two/invoke', {})],
    ['what the contract does not have', 404, () => ask('POST', '/invocations', {})],
  ])('answers %s with %i', async (_what, status, request) => {
    expect(await request()).toMatchObject({ status });
  });

  test('says what a model says that does not load', async () => {
    const { status, said } = await load('empty');
    expect(status).toBe(500);
    expect(said).toMatch(/^Model server: No inference script in .*empty\/code/);
  });

  test('passes on what a model answers in place of a prediction', async () => {
    const { status, said } = await ask('POST', '/models/one/invoke', '{');
    expect(status).toBe(400);
    expect(said).toMatch(/^The body is not application\/json: /);
  });

  test('answers requests that are under way when it is told to end, and leaves no model behind', async () => {
    const { json } = await ask('POST', '/models/one/invoke', {});
    const { pid } = json as { pid: number };
    const begun = join(root, 'begun');
    const last = ask('POST', '/models/one/invoke', { begun });
    await expect.poll(() => existsSync(begun)).toBe(true);
    server.kill('SIGTERM');
    expect(await last).toMatchObject({ status: 200, json: { word: 'one' } });
    if (server.exitCode === null) await once(server, 'exit');
    expect(server.exitCode).toBe(0);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
