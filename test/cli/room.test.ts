import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastJson, twoSteps, writeFiles } from '../harness/pipelines.ts';
import { type ProgramResult, sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const sleeper = `
import { processingTask, workflow } from 'sluice';
const sleep = processingTask('sleep', { script: 'sleep.ts', instanceType: 'ml.m5.large', inputs: [], outputs: ['o'] });
export default workflow('sleeper', { inputs: {} }, () => ({ o: sleep({}).o }));
`;
const sleepScript = `
import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => process.exit(0));
console.log('asleep');
setInterval(() => undefined, 1000);
`;

async function prepared(files: Readonly<Record<string, string>>) {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  const options = { cwd, home: join(cwd, 'home') };
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const result = await sluice([...args, '--json'], options);
    expect(result).toMatchObject({ code: 0 });
    return lastJson(result.stdout);
  };
  return { ...options, options, json, call: (...args: string[]) => sluice(args, options) };
}

test('prune says what it would free and frees it; what a resumable run needs stays, and the run goes on', {
  timeout: 300_000,
}, async () => {
  const { cwd, home, options, json, call } = await prepared({
    ...twoSteps,
    'one.ts': 'console.log("one");',
    'fails.ts': 'process.exit(1);',
  });
  const succeeded = lastJson((await call('run', 'pipeline.ts', '--json')).stdout)['id'] as string;
  await writeFile(join(cwd, 'switches/broken'), '');
  const failed = lastJson((await call('run', 'pipeline.ts', '--json')).stdout)['id'] as string;
  await call('train', '--script', 'one.ts', '--name', 'one');
  await call('train', '--script', 'fails.ts', '--name', 'fails');
  await mkdir(join(home, 'jobs/endpoint/gone/v/logs'), { recursive: true });
  await mkdir(join(home, 'cache/python/env-1'), { recursive: true });

  const kept = await json('prune', '--dry-run');
  expect(kept, 'nothing is 30 days old').toMatchObject({ items: [], freedBytes: 0 });
  const dry = (await json('prune', '--dry-run', '--older-than', '0')) as {
    items: { kind: string; name: string; bytes: number }[];
    freedBytes: number;
  };
  const named = dry.items.map(({ kind, name }) => `${kind} ${name}`).sort();
  expect(named).toEqual([
    'caches python/env-1',
    `data ${failed}-double-1`,
    'jobs fails',
    'jobs one',
    'logs endpoint/gone',
    `runs ${succeeded}`,
  ]);
  expect(dry.freedBytes).toBe(dry.items.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(dry.freedBytes).toBeGreaterThan(0);
  expect((await json('jobs', 'ls'))['jobs'], 'a dry run removes nothing').toHaveLength(6);

  const text = await sluice(['prune', '--older-than', '0'], options);
  expect(text.stdout).toMatch(/^runs\s.* {2}\S+$/m);
  expect(text.stdout).toMatch(/ free; jobs and caches take /);
  expect((await json('runs', 'ls'))['runs']).toMatchObject([{ id: failed, phase: 'Failed' }]);
  expect((await readdir(join(home, 'jobs/training'))).length).toBe(0);
  expect(existsSync(join(home, 'cache/python/env-1'))).toBe(false);

  await rm(join(cwd, 'switches/broken'));
  expect(await call('runs', 'resume', failed)).toMatchObject({ code: 0 });
  expect(await call('runs', 'rm', failed)).toMatchObject({ code: 0, stdout: `Removed ${failed}.\n` });
  expect(await json('jobs', 'ls')).toEqual({ jobs: [] });
  expect(await call('runs', 'rm', failed)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('RunNotFound'),
  });
});

test('runs cancel ends a run of another process, and one that lost its process; runs and jobs under way are not removed', {
  timeout: 300_000,
}, async () => {
  const { options, json, call } = await prepared({ 'p.ts': sleeper, 'sleep.ts': sleepScript });
  const running = startSluice(['run', 'p.ts', '--json'], options);
  await running.printed(/"secondaryStatus":"(Processing|InProgress)"/);
  const [{ id }] = (await json('runs', 'ls'))['runs'] as [{ id: string }];
  const refusals: [ProgramResult, string][] = [
    [await call('runs', 'rm', id), 'RunActive'],
    [await call('jobs', 'rm', `${id}-sleep-1`), 'JobActive'],
  ];
  for (const [result, code] of refusals) {
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining(code) });
  }
  const { items } = (await json('prune', '--older-than', '0', '--failed-runs', '--dry-run')) as {
    items: unknown[];
  };
  expect(items, 'what runs is never pruned').toEqual([]);

  expect(await call('runs', 'cancel', id)).toMatchObject({ code: 0, stdout: `${id} is Aborted.\n` });
  expect(await running.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('RunStopped') });

  const again = startSluice(['runs', 'resume', id, '--json'], options);
  await again.printed(/"secondaryStatus":"(Processing|InProgress)"/);
  again.child.kill('SIGKILL');
  await again.ended;
  expect(await json('runs', 'cancel', id)).toEqual({ id, phase: 'Aborted' });
  expect(await json('jobs', 'ls', '--status', 'InProgress')).toEqual({ jobs: [] });
  expect(await call('runs', 'cancel', id), 'one that has ended stays as it is').toMatchObject({ code: 0 });
});

test('retention in the configuration is kept after a job', { timeout: 300_000 }, async () => {
  const { home, json, call } = await prepared({
    'one.ts': 'console.log("one");',
    'sluice.yaml': 'retention:\n  maxSize: 1\n',
  });
  expect(await call('train', '--script', 'one.ts', '--name', 'one')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('chooses programs, places, platforms or rights: retention') as string,
  });
  await call('config', 'trust');
  await call('train', '--script', 'one.ts', '--name', 'one');
  const { stderr } = await call('train', '--script', 'one.ts', '--name', 'two');
  expect(stderr).toContain('Retention: removed');
  expect(await json('jobs', 'ls')).toEqual({ jobs: [] });
  expect(existsSync(join(home, 'jobs/training/one'))).toBe(false);
});

test('config check and doctor tell a broken configuration and a broken database, with the reason', {
  timeout: 300_000,
}, async () => {
  const { cwd, home, call } = await prepared({ 'sluice.yaml': 'retention:\n  olderThan: 30d\n' });
  await call('config', 'trust');
  expect(await call('config', 'check')).toMatchObject({
    code: 0,
    stdout: `${join(cwd, 'sluice.yaml')}: well\n${join(cwd, 'plugins.yaml')}: there is none\n${join(home, 'config.yaml')}: there is none\n`,
  });
  const broken = 'retentoin: {}\nretention:\n  olderThan: soon\n';
  await writeFile(join(cwd, 'sluice.yaml'), broken);
  await mkdir(home, { recursive: true });
  await writeFile(
    join(home, 'sluice.db'),
    'this is no database, though it is long enough to be one'.repeat(99),
  );
  const checked = await call('config', 'check');
  expect(checked.code).toBe(1);
  expect(checked.stderr).toContain(`Unrecognized key: "retentoin"`);
  expect(checked.stderr).toContain("Did you mean 'retention'?");
  expect(checked.stderr).toMatch(
    /expected a number with s, m, h, d or w.*; got 'soon'\s+→ at retention\.olderThan/,
  );
  const doctor = await call('doctor');
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(/✖ database +'.*sluice\.db' is not a whole database\.\n +→ Restore/);
  expect(doctor.stdout).toMatch(
    /✖ configuration +.*sluice\.yaml: ✖ Unrecognized key: .*\n.*expected a number/,
  );
  expect(await call('config', 'check', 'nowhere.yaml')).toMatchObject({ code: 1 });
});
