import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../harness/pipelines.ts';
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
};

test('a workflow of this machine is run, shown, listed, registered and looked at on a server that asks for signatures', {
  timeout: 180_000,
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
  const missing = await sluice('runs', 'show', 'nobody');
  expect([missing.code, missing.stderr.includes('RunNotFound')]).toEqual([1, true]);
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
