import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeFreePort } from '../../src/jobs/serving/free-port.ts';

const program = fileURLToPath(new URL('../../src/serving/serve.ts', import.meta.url));
const READY_LIMIT_MS = 120_000;

let modelDirectory: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  modelDirectory = mkdtempSync(join(tmpdir(), 'sluice-serving-'));
  mkdirSync(join(modelDirectory, 'code'));
});
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(modelDirectory, { recursive: true });
});

function start(port: number, environment: Record<string, string> = {}): ChildProcess {
  child = spawn(process.execPath, [program], {
    env: { SM_MODEL_DIR: modelDirectory, SAGEMAKER_BIND_TO_PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return child;
}

/** Starts a server for a script, and resolves with a way to ask it when it answers /ping. */
async function serve(script: string, environment: Record<string, string> = {}, name = 'inference.ts') {
  writeFileSync(join(modelDirectory, 'code', name), script);
  const port = await takeFreePort();
  const server = start(port, environment);
  let log = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  server.stdout?.resume();
  const base = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const status = await fetch(`${base}/ping`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) break;
    if (Date.now() > deadline || server.exitCode !== null)
      throw new Error(`The server did not start: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    server,
    base,
    log: () => log,
    async invoke(body: string, contentType: string, accept?: string) {
      const headers = { 'Content-Type': contentType, ...(accept ? { Accept: accept } : {}) };
      const response = await fetch(`${base}/invocations`, { method: 'POST', body, headers });
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: await response.text(),
      };
    },
  };
}

/** Starts a server that cannot serve, and resolves with how it ended. */
async function startFailing(environment: Record<string, string> = {}) {
  const server = start(await takeFreePort(), environment);
  let log = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const [exitCode] = (await once(server, 'close')) as [number];
  return { exitCode, log };
}

const ECHO =
  'export const modelFn = (dir: string) => ({ dir }); export const predictFn = (input: unknown) => input;';

describe('the model server', () => {
  it.each([
    ['CSV with numbers', '1,2.5,-3e2\n4,x,\n', 'text/csv', 'application/json', '[[1,2.5,-300],[4,"x",""]]'],
    [
      'quoted CSV',
      '"a, ""b""",1\r\n"c\nd",2',
      'text/csv; charset=utf-8',
      'application/json',
      '[["a, \\"b\\"",1],["c\\nd",2]]',
    ],
    ['JSON', '{"a":[1]}', 'application/json', 'application/json', '{"a":[1]}'],
    ['JSON Lines', '{"a":1}\n\n[2]\n', 'application/jsonlines', 'application/json', '[{"a":1},[2]]'],
    ['JSON as CSV', '[[1,"x"],[2,"a,b"]]', 'application/json', 'text/csv', '1,x\n2,"a,b"\n'],
    ['a list as CSV', '[0.5,1]', 'application/json', 'text/csv', '0.5\n1\n'],
    ['a list as JSON Lines', '[{"a":1},2]', 'application/json', 'application/jsonlines', '{"a":1}\n2\n'],
    ['the best of several', '[1]', 'application/json', 'image/png, text/csv;q=0.5, application/json', '[1]'],
  ])('decodes and encodes %s', async (_name, body, contentType, accept, expected) => {
    const { invoke } = await serve(ECHO);
    expect(await invoke(body, contentType, accept)).toMatchObject({ status: 200, body: expected });
  });

  it.each([
    ['text', 'export const outputFn = () => "żółw";', '7'],
    ['bytes', 'export const outputFn = () => Buffer.alloc(70_000);', '70000'],
  ])('says how long an answer of %s is', async (_name, script, length) => {
    const { base } = await serve(`${ECHO}${script}`);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${base}/invocations`, { method: 'POST', body: '1', headers });
    expect(answer.headers.get('content-length')).toBe(length);
    expect((await answer.arrayBuffer()).byteLength).toBe(Number(length));
  });

  it('loads the model from its directory and calls its predict by default', async () => {
    writeFileSync(join(modelDirectory, 'weight'), '3');
    const { invoke } = await serve(
      `import { readFileSync } from 'node:fs';
       export function modelFn(dir: string) {
         const weight = Number(readFileSync(dir + '/weight', 'utf8'));
         return { predict: (rows: number[][]) => rows.map(([x]) => [x! * weight]) };
       }`,
    );
    expect(await invoke('2\n5\n', 'text/csv', 'text/csv')).toEqual({
      status: 200,
      type: 'text/csv',
      body: '6\n15\n',
    });
  });

  it('uses the functions of the script', async () => {
    const { invoke, base } = await serve(
      `export const modelFn = async () => 'model';
       export const inputFn = async (body: Buffer, type: string) => body.toString() + '|' + type;
       export const predictFn = async (input: string, model: string) => input + '|' + model;
       export const outputFn = async (prediction: string, accept: string) =>
         accept === 'x/own' ? { body: prediction, contentType: 'x/chosen' } : prediction;
       export const executionParameters = { MaxConcurrentTransforms: 4, BatchStrategy: 'SINGLE_RECORD' };`,
    );
    expect(await invoke('b', 'x/in', 'x/out')).toEqual({ status: 200, type: 'x/out', body: 'b|x/in|model' });
    expect(await invoke('b', 'x/in', 'x/own')).toMatchObject({ type: 'x/chosen' });
    const parameters = await fetch(`${base}/execution-parameters`);
    expect(await parameters.json()).toEqual({ MaxConcurrentTransforms: 4, BatchStrategy: 'SINGLE_RECORD' });
  });

  it('answers wrong requests with what is wrong', async () => {
    const { invoke, base, log } = await serve(
      `export const modelFn = () => null;
       export function predictFn(input: unknown) {
         if (input === 1) throw new Error('the weights are wrong');
         if (input === 2) throw Object.assign(new Error('too busy'), { statusCode: 503 });
         return input;
       }`,
    );
    expect(await invoke('x', 'image/png')).toMatchObject({
      status: 415,
      body: expect.stringContaining('image/png'),
    });
    expect(await invoke('3', 'application/json', 'image/png')).toMatchObject({ status: 406 });
    expect(await invoke('{', 'application/json')).toMatchObject({
      status: 400,
      body: expect.stringContaining('The body is not application/json'),
    });
    expect(await invoke('1', 'application/json')).toMatchObject({
      status: 500,
      body: 'the weights are wrong\n',
    });
    expect(await invoke('2', 'application/json')).toMatchObject({ status: 503, body: 'too busy\n' });
    expect(log()).toContain('the weights are wrong');
    expect((await fetch(`${base}/none`)).status).toBe(404);
    expect((await fetch(`${base}/invocations`)).status).toBe(405);
    expect((await fetch(`${base}/execution-parameters`)).status).toBe(404);
  });

  it('takes the script that the environment names, also as CommonJS', async () => {
    mkdirSync(join(modelDirectory, 'elsewhere'));
    writeFileSync(
      join(modelDirectory, 'elsewhere', 'my.cjs'),
      'module.exports = { modelFn: () => 1, predictFn: () => "mine" };',
    );
    const { invoke } = await serve(ECHO, {
      SAGEMAKER_PROGRAM: 'my.cjs',
      SAGEMAKER_SUBMIT_DIRECTORY: `file://${modelDirectory}/elsewhere`,
    });
    expect(await invoke('1', 'application/json')).toMatchObject({ body: '"mine"' });
  });

  it('answers what is under way before SIGTERM ends it', async () => {
    const { invoke, server } = await serve(
      `export const modelFn = () => null;
       export async function predictFn() {
         console.log('predicting');
         await new Promise((resolve) => setTimeout(resolve, 300));
         return 'done';
       }`,
    );
    const predicting = once(server.stdout as NodeJS.ReadableStream, 'data');
    const answer = invoke('1', 'application/json');
    await predicting;
    server.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 200, body: '"done"' });
    expect(server.exitCode ?? (await once(server, 'exit'))[0]).toBe(0);
  });

  it.each([
    ['a syntax error', 'export const modelFn = (', /inference\.ts cannot be loaded: .*inference\.ts:1/s],
    [
      'no modelFn',
      'export const predict = 1;',
      /has to export a function modelFn\(modelDir\); it exports predict\./,
    ],
    [
      'a wrong export',
      'export const modelFn = () => 1; export const inputFn = 3;',
      /expected inputFn to be a function, got number/,
    ],
    [
      'a model that does not load',
      'export function modelFn() { throw new Error("no weights"); }',
      /no weights/,
    ],
  ])('ends with a message for a script with %s', async (_name, script, message) => {
    writeFileSync(join(modelDirectory, 'code', 'inference.ts'), script);
    const { exitCode, log } = await startFailing();
    expect(exitCode).toBe(1);
    expect(log).toMatch(message);
  });

  it('ends with a message where there is no script', async () => {
    expect(await startFailing()).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('No inference script in'),
    });
    expect(await startFailing({ SAGEMAKER_PROGRAM: 'x.ts' })).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('x.ts does not exist.'),
    });
  });
});
