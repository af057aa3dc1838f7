// Needs: python
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { serveScript } from './model-directory.ts';

const TEXT = { 'content-type': 'text/csv' };

/** Says which process answered; "meet" waits until two requests are under way at once. */
const SCRIPT = `
import os, time
def model_fn(model_dir):
    open(os.path.join(model_dir, "loaded"), "a").write("x")
    return model_dir
def transform_fn(model, body, content_type, accept):
    if body == "die":
        os.kill(os.getpid(), 9)
    if body == "hang":
        time.sleep(600)
    if body == "meet":
        open(os.path.join(model, "here-%d" % os.getpid()), "w").close()
        until = time.monotonic() + 30
        while sum(name.startswith("here-") for name in os.listdir(model)) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    return str(os.getpid()), accept
`;

describe('the workers of a model server', () => {
  test('answer at once, each in a process of its own that has loaded the model', async () => {
    await using server = await serveScript('scikit-learn', SCRIPT, {
      environment: { SAGEMAKER_MODEL_SERVER_WORKERS: '2' },
    });
    const answers = await Promise.all([server.invoke('meet', TEXT), server.invoke('meet', TEXT)]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(2);
    expect(answers.map(({ text }) => text)).not.toContain(String(server.process.pid));
  });

  test('that die are told, and started anew', async () => {
    await using server = await serveScript('scikit-learn', SCRIPT);
    const before = (await server.invoke('', TEXT)).text;
    expect(await server.invoke('die', TEXT)).toMatchObject({
      status: 500,
      type: 'application/json',
      text: '{\n  "code": 500,\n  "type": "InternalServerException",\n  "message": "Worker died."\n}\n',
    });
    const after = await server.invoke('', TEXT);
    expect(after.status).toBe(200);
    expect(after.text).not.toBe(before);
    expect(server.printed()).toContain('Worker 0 has ended with exit code -9, and is started anew.');
  });

  test('that take too long are started anew', async () => {
    await using server = await serveScript('scikit-learn', SCRIPT, {
      environment: { SAGEMAKER_MODEL_SERVER_TIMEOUT: '1' },
    });
    expect((await server.invoke('hang', TEXT)).status).toBe(500);
    expect((await server.invoke('', TEXT)).status).toBe(200);
    expect(server.printed()).toContain('did not answer within 1 s (SAGEMAKER_MODEL_SERVER_TIMEOUT)');
  });

  test('that cannot load the model any more leave the others, and the server says so when none is left', async () => {
    await using server = await serveScript('scikit-learn', SCRIPT);
    await writeFile(join(server.directory, 'code', 'inference.py'), 'raise SystemExit(3)');
    expect((await server.invoke('die', TEXT)).status).toBe(500);
    while (!server.printed().includes('could not load the model')) await sleep(20);
    const answer = await server.invoke('', TEXT);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('No worker is available to serve request: model');
    expect((await server.get('/ping')).status).toBe(200);
  });

  test.each([
    ['two', "SAGEMAKER_MODEL_SERVER_WORKERS: expected a number of at least 1, got 'two'."],
    ['0', "SAGEMAKER_MODEL_SERVER_WORKERS: expected a number of at least 1, got '0'."],
  ])('cannot be %s', async (workers, message) => {
    const environment = { SAGEMAKER_MODEL_SERVER_WORKERS: workers };
    await expect(serveScript('scikit-learn', SCRIPT, { environment })).rejects.toThrow(message);
  });

  test.each([
    [
      'a script that fails',
      'raise ValueError("not today")',
      /ended with 1: Traceback.*ValueError: not today/s,
    ],
    ['no model_fn', '', /ended with 1: Model server: Please provide a model_fn implementation/],
  ])('tell the error of %s once, and the server ends', async (_, script, message) => {
    const environment = { SAGEMAKER_MODEL_SERVER_WORKERS: '3' };
    const failed = await serveScript('scikit-learn', script, { environment }).catch((error) => error);
    expect(String(failed)).toMatch(message);
    expect(String(failed).match(/not today|Please provide/g)?.length).toBeLessThanOrEqual(2);
  });

  test('load and answer in their main thread', async () => {
    const script = `
import asyncio, decimal, json, signal, sqlite3
asyncio.set_event_loop(asyncio.new_event_loop())
async def three(): return 3
def model_fn(model_dir):
    decimal.getcontext().prec = 4
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t(a)")
    connection.execute("insert into t values (7)")
    return connection
def input_fn(body, content_type): return body
def predict_fn(data, model):
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.alarm(30)
    signal.alarm(0)
    seven = model.execute("select a from t").fetchone()[0]
    return [seven, asyncio.get_event_loop().run_until_complete(three()), str(decimal.Decimal(1) / 3)]
def output_fn(prediction, accept): return json.dumps(prediction)
`;
    await using server = await serveScript('pytorch', script);
    expect((await server.invoke('x', TEXT)).text).toBe('[7, 3, "0.3333"]');
  });
});
