import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import type { DirectoryStore } from '../../../src/objects/directory/directory-store.ts';
import { createAwsApi } from '../../../src/server/aws-api.ts';
import { type RunningServer, serve } from '../../../src/server/serve.ts';
import { type JobsFixture, openJobs } from '../../harness/jobs.ts';
import { type FuzzRequest, sendRequest } from './http-request.ts';
import { prepareFuzz, runFuzz } from './run-fuzz.ts';

/** What one run mutates with; the next run does the same. `node bench/fuzz.ts` sends many more. */
const SEED = 20_261_127;
const COUNT = 1500;

let jobs: JobsFixture;
let server: RunningServer;
const defects: string[] = [];
beforeAll(async () => {
  jobs = await openJobs();
  const log = (message: string): void => {
    if (!/ignored members|^Refused a request/.test(message)) defects.push(message);
  };
  const context = {
    state: jobs.state,
    jobs: jobs.jobs,
    account: DEFAULT_ACCOUNT,
    clock: () => new Date(),
    log,
  };
  server = await serve({
    home: jobs.home,
    store: jobs.store as DirectoryStore,
    account: DEFAULT_ACCOUNT,
    api: createAwsApi(context),
    log,
  });
});
afterAll(async () => {
  await server.close();
  await jobs[Symbol.asyncDispose]();
});

test('mutated requests for every operation of every service are answered, and none with a 500', async () => {
  const url = new URL(server.url);
  await prepareFuzz(url);
  const findings = await runFuzz({ url, seed: SEED, count: COUNT, atOnce: 8 });
  const shown = findings.map(({ from, request, status, text }) => ({
    from,
    status,
    text,
    request: { ...request, body: request.body.toString('latin1').slice(0, 300) },
  }));
  expect(shown).toEqual([]);
});

const get = (path: string, headers = {}): FuzzRequest => ({
  method: 'GET',
  path,
  headers,
  body: Buffer.alloc(0),
});
const emoji = encodeURIComponent('\u{1F600}');
test.each([
  [get(`/fuzzed/a/b?response-content-type=${emoji}`), 400, 'cannot be represented using ISO-8859-1'],
  [get('/fuzzed/a/b?response-cache-control=a%0d%0ax-injected:1'), 400, 'cannot be represented'],
  [get('/fuzzed/a/b?response-set-cookie=a&response-%C3%A9=b&response-=c'), 200, 'text of an object'],
  [{ ...get('/', { 'x-amz-target': '__proto__.ListModels' }), method: 'POST' }, 400, 'UnknownOperation'],
  [{ ...get('/', { 'x-amz-target': 'constructor.a' }), method: 'POST' }, 400, 'UnknownOperation'],
])('what was once a defect: %j', async (request, status, text) => {
  await prepareFuzz(new URL(server.url));
  const answer = await sendRequest(new URL(server.url), request);
  expect(answer).toMatchObject({ status, text: expect.stringContaining(text) as string });
});

test('nothing of it was a defect', () => {
  expect(defects).toEqual([]);
});
