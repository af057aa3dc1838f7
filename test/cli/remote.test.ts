import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastJson, writeFiles } from '../harness/pipelines.ts';
import { sluice as runSluice, temporaryDirectories } from '../harness/sluice.ts';
import { startServe } from '../harness/sluice-serve.ts';

const temporaryDirectory = temporaryDirectories();

const files = {
  'pipeline.ts': `
import { processingTask, workflow } from 'sluice';
const say = processingTask('say', { script: './say.mjs', instanceType: 'ml.m5.large' });
export default workflow('remote', { inputs: {} }, () => { say({}); return {}; });
`,
  'say.mjs': "console.log('said elsewhere');\n",
  'second.ts': `
import { processingTask, workflow } from 'sluice';
const say = processingTask('say', { script: './say.mjs', instanceType: 'ml.m5.large' });
const again = processingTask('again', { script: './again.mjs', instanceType: 'ml.m5.large' });
export default workflow('second', {}, () => { again({}, { after: [say({})] }); });
`,
  'again.mjs': `
import { readFileSync } from 'node:fs';
const { ProcessingJobName } = JSON.parse(readFileSync('/opt/ml/config/processingjobconfig.json', 'utf8'));
process.exit(ProcessingJobName.endsWith('-1') ? 3 : 0);
`,
};

test('a workflow of this machine is run, shown, listed, registered, run by its name and removed on a server that asks for signatures', {
  timeout: 600_000,
}, async () => {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  await using server = await startServe(join(cwd, 'served'), ['--credentials']);
  const { accessKeyId, secretAccessKey } = server.credentials;
  const environment = {
    SLUICE_SERVER: server.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const sluice = (...args: string[]) => runSluice(args, { cwd, home: join(cwd, 'home'), environment });
  const run = await sluice('run', 'pipeline.ts', '--follow', 'say');
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toContain('said elsewhere');
  expect(run.stdout).toMatch(/Succeeded/);
  const detached = await sluice('run', 'pipeline.ts', '--detach', '--idempotency-key', 'one');
  const id = detached.stdout.trim();
  expect((await sluice('run', 'pipeline.ts', '--detach', '--idempotency-key', 'one')).stdout.trim()).toBe(id);
  expect((await sluice('runs', 'ls')).stdout).toContain(id);
  expect((await sluice('runs', 'cancel', id)).code).toBe(0);
  expect((await sluice('runs', 'show', id)).stdout).toContain('remote');
  const registered = await sluice('workflows', 'register', 'pipeline.ts', '--as', '1.0');
  expect(registered).toMatchObject({ code: 0, stdout: 'remote 1.0 is registered.\n' });
  expect((await sluice('workflows', 'ls')).stdout).toContain('1.0');
  for (const workflow of ['remote', 'remote@1.0']) {
    const named = lastJson((await sluice('run', workflow, '--json')).stdout) as { id: string };
    expect(named).toMatchObject({ workflow: 'remote', version: '1.0', phase: 'Succeeded' });
    expect((await sluice('runs', 'rm', named.id)).stdout).toBe(`Removed ${named.id}.\n`);
    expect((await sluice('runs', 'ls')).stdout).not.toContain(named.id);
  }
  for (const workflow of ['nobody', 'remote@2']) {
    const unknown = await sluice('run', workflow);
    expect([unknown.code, unknown.stderr.includes('WorkflowNotFound')]).toEqual([1, true]);
  }
  const changed = await sluice('runs', 'resume', id, '--current');
  expect([changed.code, changed.stderr.includes('--current is not for a run of a server')]).toEqual([
    2,
    true,
  ]);
  const failed = await sluice('run', 'second.ts');
  const failedId = /second-[\w-]+/.exec(failed.stdout)?.[0] as string;
  expect([failed.code, failedId]).toEqual([1, expect.any(String)]);
  const followed = await sluice('runs', 'resume', failedId);
  expect(followed).toMatchObject({ code: 0, stderr: '' });
  // What had happened before is not shown again.
  expect(followed.stdout).toMatch(/again {2}Succeeded/);
  expect(followed.stdout).not.toMatch(/Failed|say {2}Running/);
  const over = await sluice('runs', 'resume', failedId);
  expect([over.code, over.stderr]).toEqual([0, expect.stringContaining('has succeeded already')]);
  expect((await sluice('runs', 'resume', failedId, '--detach')).stdout).toBe(`${failedId} is Succeeded.\n`);
  const missing = await sluice('runs', 'show', 'nobody');
  expect([missing.code, missing.stderr.includes('RunNotFound')]).toEqual([1, true]);
});

test('functions of a workflow run on a server in its sandbox, never in its process, and are carried on by the next server', {
  timeout: 180_000,
}, async () => {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, {
    'pipeline.ts': `
import { existsSync } from 'node:fs';
import { integer, json, task, workflow } from 'sluice';
import { twice } from './twice.ts';
const look = task('look', { inputs: { n: integer() }, outputs: { seen: json() } }, ({ n }) => {
  console.log('it looks around');
  return { seen: { n: twice(n), pid: process.pid, home: existsSync(${JSON.stringify(join(cwd, 'served'))}) } };
});
const wait = task('wait', { inputs: { seen: json() } }, ({ seen }) =>
  new Promise((done) => setTimeout(done, seen.n === 8 ? 100 : 3_000)));
export default workflow('functions', { inputs: { n: integer() } }, ({ n }) => {
  const { seen } = look({ n });
  wait({ seen });
  return { seen };
});
`,
    'twice.ts': 'export const twice = (n: number) => 2 * n;\n',
  });
  const sluice = (url: string, ...args: string[]) =>
    runSluice(args, { cwd, home: join(cwd, 'home'), environment: { SLUICE_SERVER: url } });
  let id = '';
  {
    await using server = await startServe(join(cwd, 'served'));
    const run = await sluice(server.url, 'run', 'pipeline.ts', '--input', 'n=4', '--json');
    expect(lastJson(run.stdout)).toMatchObject({
      phase: 'Succeeded',
      outputs: { seen: { n: 8, home: false } },
    });
    const { id: first } = lastJson(run.stdout) as { id: string };
    expect((await sluice(server.url, 'runs', 'logs', first, 'look')).stdout).toContain('it looks around');
    id = (await sluice(server.url, 'run', 'pipeline.ts', '--input', 'n=5', '--detach')).stdout.trim();
    const logs = `${server.url}/_sluice/v1/runs/${id}/nodes/look/logs?follow=true`;
    expect(await (await fetch(logs)).text()).toContain('it looks around');
  }
  await using next = await startServe(join(cwd, 'served'));
  const shown = async () =>
    (await (await fetch(`${next.url}/_sluice/v1/runs/${id}`)).json()) as { phase: string };
  await expect.poll(async () => (await shown()).phase, { timeout: 120_000, interval: 500 }).toBe('Succeeded');
});

test('functions from elsewhere are refused where there is no sandbox', async () => {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, {
    'pipeline.ts': `
import { task, workflow } from 'sluice';
const nothing = task('nothing', {}, () => {});
export default workflow('functions', {}, () => { nothing({}); });
`,
  });
  await using server = await startServe(join(cwd, 'served'), ['--executor', 'process']);
  const { code, stderr } = await runSluice(['run', 'pipeline.ts', '--server', server.url], {
    cwd,
    home: join(cwd, 'home'),
  });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("Task 'nothing' is a function, and this server has no sandbox") as string,
  ]);
});

test.each([
  ['no URL', 'nonsense', 2, 'InvalidArgument'],
  ['nobody there', 'http://127.0.0.1:9', 1, 'ServerUnavailable'],
])('a server that is none: %s', async (_, url, code, error) => {
  const cwd = await temporaryDirectory();
  const { code: actual, stderr } = await runSluice(['runs', 'ls', '--server', url], {
    cwd,
    home: join(cwd, 'home'),
  });
  expect([actual, stderr.includes(error)]).toEqual([code, true]);
});
