// Needs: python
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonForXgboost } from '../harness/python.ts';
import { type PythonServer, startPythonServer } from '../harness/python-server.ts';

const run = promisify(execFile);

/** Leaves models of one feature whose label is whether it is above a half. */
const TRAIN = `
import os, pickle, sys
import numpy as np, xgboost
def place(model, name="xgboost-model"):
    os.makedirs(os.path.join(sys.argv[1], model), exist_ok=True)
    return os.path.join(sys.argv[1], model, name)
features = np.linspace(0, 1, 101).reshape(-1, 1)
matrix = xgboost.DMatrix(features, label=(features[:, 0] > 0.5).astype(int))
binary = xgboost.train({"objective": "binary:logistic"}, matrix, 10)
classes = xgboost.train({"objective": "multi:softprob", "num_class": 2}, matrix, 10)
binary.save_model(place("binary"))
classes.save_model(place("classes"))
for fold in range(2):
    binary.save_model(place("folds", "xgboost-model-%d" % fold))
with open(place("pickled"), "wb") as file:
    pickle.dump(binary, file)
`;

const SCRIPT = `
import xgboost
def model_fn(model_dir):
    return xgboost.Booster(model_file=model_dir + "/xgboost-model")
`;

let python: string;
let models: string;
beforeAll(async () => {
  python = join(await pythonForXgboost(), 'bin', 'python3');
  models = await mkdtemp(join(tmpdir(), 'sluice-xgboost-'));
  // Many threads would wait for each other where tests share few processors.
  await run(python, ['-c', TRAIN, models], { env: { ...process.env, OMP_NUM_THREADS: '1' } });
  await mkdir(join(models, 'binary', 'code'));
  await writeFile(join(models, 'binary', 'code', 'inference.py'), SCRIPT);
}, 600_000);
afterAll(() => rm(models, { recursive: true, force: true }));

function serve(model: string, environment: Record<string, string> = {}): Promise<PythonServer> {
  return startPythonServer(python, {
    SM_MODEL_DIR: join(models, model),
    SLUICE_FRAMEWORK: 'xgboost',
    ...environment,
  });
}

const CSV = { 'content-type': 'text/csv' };
const score = (text: string) => Number(text.trim());

describe('a model of the XGBoost algorithm', () => {
  let server: PythonServer;
  beforeAll(async () => {
    server = await serve('binary');
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('answers each content type, and refuses others with the status of the container', async () => {
    const csv = await server.invoke('0.9\n0.1\n', CSV);
    expect(csv.type).toBe('text/csv; charset=utf-8');
    expect(
      csv.text
        .trim()
        .split('\n')
        .map((line) => Number(line) > 0.5),
    ).toEqual([true, false]);
    const libsvm = await server.invoke('1 0:0.9', { 'content-type': 'text/libsvm' });
    expect(score(libsvm.text)).toBeGreaterThan(0.5);
    expect(await server.invoke('', CSV)).toMatchObject({ status: 204, text: '' });
    expect(await server.invoke('[1]', { 'content-type': 'application/json' })).toMatchObject({
      status: 415,
      text: 'application/json is not an accepted ContentType: csv, libsvm, parquet, recordio-protobuf, text/csv, text/libsvm, text/x-libsvm, application/x-parquet, application/x-recordio-protobuf.',
    });
    expect(await server.invoke('a,b', CSV)).toMatchObject({
      status: 415,
      text: expect.stringMatching(
        /^Loading csv data failed with Exception, please ensure data is in csv format:/,
      ),
    });
    const refused = await server.invoke('0.9', { ...CSV, accept: 'image/png' });
    expect([refused.status, refused.text]).toEqual([
      406,
      "Accept type image/png is not supported. Please use supported accept types: ['application/json', 'application/jsonlines', 'application/x-recordio-protobuf', 'text/csv'].",
    ]);
    expect(JSON.parse((await server.get('/execution-parameters')).text)).toMatchObject({
      BatchStrategy: 'MULTI_RECORD',
      MaxPayloadInMB: 6,
    });
  });

  test.each([
    ['application/json', /^\{"predictions": \[\{"score": 0\.\d+\}\]\}$/],
    ['application/jsonlines', /^\{"score": 0\.\d+\}\n$/],
  ])('answers as %s', async (accept, expected) => {
    expect(await server.invoke('0.9', { ...CSV, accept })).toMatchObject({
      type: accept,
      text: expect.stringMatching(expected),
    });
  });

  test.each<[string, Record<string, string>, string, RegExp]>([
    ['binary', { SLUICE_IMAGE_VERSION: '1.2-2' }, '0.9\n0.1', /^0\.\d+,0\.\d+$/],
    ['binary', { SAGEMAKER_BATCH: 'true' }, '0.9\n0.1', /^0\.\d+\n0\.\d+\n$/],
    ['pickled', {}, '0.9', /^0\.[5-9]\d*\n$/],
    ['folds', {}, '0.9', /^0\.[5-9]\d*\n$/],
    [
      'binary',
      { SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label, probabilities,labels' },
      '0.9',
      /^1,"\[0\.\d+, 0\.\d+\]","\[0, 1\]"$/,
    ],
    ['classes', { SAGEMAKER_INFERENCE_OUTPUT: 'predicted_label,predicted_score' }, '0.9', /^1,nan$/],
  ])('%s with %j answers as it is asked to', async (model, environment, body, expected) => {
    await using own = await serve(model, environment);
    expect((await own.invoke(body, CSV)).text).toMatch(expected);
  });
});

describe('a script for the image of XGBoost', () => {
  let server: PythonServer;
  beforeAll(async () => {
    server = await serve('binary', { SAGEMAKER_PROGRAM: 'inference.py' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('gets matrices, and answers as scripts do', async () => {
    const answer = await server.invoke('0.9\n0.1', { ...CSV, accept: 'application/json' });
    expect((JSON.parse(answer.text) as number[]).map((value) => value > 0.5)).toEqual([true, false]);
  });

  test.each([
    [{ 'content-type': 'application/json' }, 415, 'application/json'],
    [{ ...CSV, accept: 'text/plain' }, 406, 'text/plain'],
  ])('%j is answered with %i', async (headers, status, type) => {
    const answer = await server.invoke('0.9', headers);
    expect([answer.status, answer.type]).toEqual([status, 'application/json']);
    const error = JSON.parse(answer.text) as Record<string, string>;
    expect(error['error']).toBe('UnsupportedFormatError');
    expect(error['error-message']).toMatch(
      new RegExp(
        `^Content type ${type} is not supported by this framework\\.\\n\\n +Please implement input_fn`,
      ),
    );
  });
});
