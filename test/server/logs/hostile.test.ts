import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trainingRequest } from '../../harness/job-requests.ts';
import { type ApiFixture, openApi } from '../harness.ts';

const logGroupName = '/aws/sagemaker/TrainingJobs';
const token = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
let api: ApiFixture;
/** What `EPOCH` in names of streams stands for: seconds since 1970. */
let epoch: string;
beforeAll(async () => {
  api = await openApi();
  await api.jobs.jobs.training.start(
    await trainingRequest(api.jobs, 'job', "console.log('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')"),
  );
  await api.jobs.jobs.training.wait('job');
  const { createdAt } = await api.jobs.jobs.training.record('job');
  epoch = String(Math.floor(createdAt / 1000));
});
afterAll(() => api[Symbol.asyncDispose]());

async function logs(operation: string, body: object) {
  const response = await fetch(api.url, {
    method: 'POST',
    headers: { 'x-amz-target': `Logs_20140328.${operation}` },
    body: JSON.stringify(body).replaceAll('EPOCH', epoch),
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

test.each([
  ['GetLogEvents', { logStreamName: 'job/algo-1-EPOCH\u0000' }],
  ['GetLogEvents', { logStreamName: `job/${'x'.repeat(500)}` }],
  ['GetLogEvents', { logStreamName: 'job/../../job/logs/algo-1-EPOCH' }],
  ['GetLogEvents', { logStreamName: 'job/..' }],
  ['GetLogEvents', { logStreamName: 'job/algo-1-EPOCH', nextToken: `f/${'9'.repeat(56)}/s` }],
  ['FilterLogEvents', { nextToken: token({ createdAt: 0, name: 'job/algo-1', offset: 1.5 }) }],
  ['FilterLogEvents', { nextToken: token({ createdAt: 0, name: 'job/algo-1', offset: -1 }) }],
  ['FilterLogEvents', { nextToken: token('x') }],
  ['FilterLogEvents', { filterPattern: '%[%' }],
  ['FilterLogEvents', { filterPattern: '%(a+)+b%' }],
  ['DescribeLogStreams', { nextToken: token({ createdAt: {}, name: 'x' }) }],
  ['DescribeLogStreams', { nextToken: token(null) }],
  ['DescribeLogStreams', { nextToken: '!' }],
  ['DescribeLogStreams', { logGroupName: '/aws/sagemaker/Endpoints/' }],
  ['DescribeLogStreams', { logGroupName: '/aws/sagemaker/Endpoints/..' }],
  ['DescribeLogStreams', { logGroupName: '/aws/sagemaker/Endpoints/../training/job' }],
  ['DescribeLogStreams', { logGroupName: `/aws/sagemaker/Endpoints/${'x'.repeat(400)}` }],
  ['DescribeLogGroups', { nextToken: token({}) }],
])('%s with %j is refused', async (operation, input) => {
  const body = operation === 'DescribeLogGroups' ? input : { logGroupName, ...input };
  expect(await logs(operation, body)).toMatchObject({
    status: 400,
    json: { __type: expect.stringMatching(/^(InvalidParameter|ResourceNotFound)Exception$/) as string },
  });
});

test.each([
  ['GetLogEvents', { logStreamName: 'job/algo-1-EPOCH', startTime: 9e18, endTime: 0 }],
  [
    'GetLogEvents',
    { logStreamName: 'job/algo-1-EPOCH', nextToken: `f/${'9'.repeat(15).padStart(56, '0')}/s` },
  ],
  [
    'GetLogEvents',
    { logStreamName: 'job/algo-1-EPOCH', nextToken: `b/${'9'.repeat(15).padStart(56, '0')}/s` },
  ],
  ['FilterLogEvents', { nextToken: token({ createdAt: 0, name: 'job/algo-1', offset: 1e12 }) }],
  ['FilterLogEvents', { nextToken: token({ createdAt: 0, name: 'gone/algo-1', offset: 5 }) }],
  ['DescribeLogStreams', { nextToken: token({ createdAt: 0, name: 'gone/algo-1' }) }],
])('%s with %j goes beyond what there is, which is no error', async (operation, input) => {
  expect(await logs(operation, { logGroupName, ...input })).toMatchObject({ status: 200 });
});

test('a client that goes away in the middle of its body is no defect', async () => {
  const call = request(api.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'SageMaker.CreateModel', 'content-length': 1000 },
  });
  call.on('error', () => undefined);
  call.write('{"ModelName": ');
  await sleep(50);
  call.destroy();
  await sleep(50);
  expect((await api.post('ListModels', {})).status).toBe(200);
});

test('a body without end is given up', async () => {
  const call = request(api.url, { method: 'POST', headers: { 'x-amz-target': 'SageMaker.CreateModel' } });
  const ended = new Promise((done) => call.on('error', done).on('response', done).on('close', done));
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const connection = { open: true };
  void ended.then(() => (connection.open = false));
  let sentMiB = 0;
  for (; connection.open && sentMiB < 1000; sentMiB++) {
    if (!call.write(chunk)) await Promise.race([new Promise((done) => call.once('drain', done)), ended]);
  }
  call.destroy();
  expect(sentMiB).toBeLessThan(200);
  expect((await api.post('ListModels', {})).status).toBe(200);
});

test('nothing of it was a defect', () => {
  expect(api.logged).toEqual([]);
});
