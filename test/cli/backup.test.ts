import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lastJson, twoSteps, writeFiles } from '../harness/pipelines.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

test('a home is backed up while a job runs, and restored elsewhere with all that it held', {
  timeout: 300_000,
}, async () => {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, {
    ...twoSteps,
    'wait.ts':
      "console.log('waiting'); process.on('SIGTERM', () => process.exit(0)); setInterval(() => 0, 1000);",
    'page.html': '<p>hello</p>',
  });
  const home = join(cwd, 'home');
  const restored = join(cwd, 'elsewhere/home');
  const call = (...args: string[]) => sluice(args, { cwd, home });
  const there = (...args: string[]) => sluice(args, { cwd, home: restored });
  const { id } = lastJson((await call('run', 'pipeline.ts', '--json')).stdout) as { id: string };
  await call('s3', 'mb', 's3://pages');
  await call('s3', 'cp', 'page.html', 's3://pages/page.html');
  await mkdir(join(home, 'cache/python/big'), { recursive: true });
  const running = startSluice(['train', '--script', 'wait.ts', '--name', 'waits'], { cwd, home });
  await running.printed('waiting');
  onTestFinished(() => void running.child.kill('SIGTERM'));

  expect(await call('backup', 'home.tar.gz')).toMatchObject({ code: 0, stderr: '' });
  expect(await call('backup', 'home.tar.gz'), 'a file is not overwritten').toMatchObject({ code: 2 });
  expect(await there('restore', 'home.tar.gz')).toMatchObject({ code: 0, stderr: '' });
  expect((await stat(restored)).mode & 0o777).toBe(0o700);

  expect(lastJson((await there('runs', 'show', id, '--json')).stdout)).toMatchObject({
    phase: 'Succeeded',
    outputs: { doubled: { lines: 6 } },
  });
  expect(await there('s3', 'cat', 's3://pages/page.html')).toMatchObject({ stdout: '<p>hello</p>' });
  expect(lastJson((await there('s3', 'ls', 's3://pages', '--json')).stdout)).toBeDefined();
  expect((await there('jobs', 'logs', `${id}-count-1`)).stdout).toContain('counting');
  const { jobs } = lastJson((await there('jobs', 'ls', '--json')).stdout) as { jobs: object[] };
  expect(jobs, 'the job has lost its process here').toContainEqual(
    expect.objectContaining({ name: 'waits', status: 'Failed' }),
  );

  expect(lastJson((await call('jobs', 'show', 'waits', '--json')).stdout), 'and goes on there').toMatchObject(
    {
      TrainingJobStatus: 'InProgress',
    },
  );
  await call('jobs', 'stop', 'waits');
  await running.ended;
});

test('nothing is restored over a home, of another archive, or of a file that is not there', async () => {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, 'other.tar'), 'no archive');
  await mkdir(join(cwd, 'used'));
  await writeFile(join(cwd, 'used/mine'), 'mine');
  const cases = [
    [['restore', 'other.tar', '--home', 'used'], 'is not empty; nothing was restored'],
    [['restore', 'other.tar', '--home', 'new'], 'tar: '],
    [['restore', 'nowhere.tar', '--home', 'new'], "there is no file 'nowhere.tar'"],
    [['backup', 'out.tar', '--home', 'new'], 'There is no home at'],
  ] as const;
  for (const [args, message] of cases) {
    expect(await sluice(args, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  }
  await expect(stat(join(cwd, 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
});
