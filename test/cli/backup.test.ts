import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
  expect((await stat(join(cwd, 'home.tar.gz'))).mode & 0o777, 'it holds what the home does').toBe(0o600);
  expect(await call('backup', 'home.tar.gz'), 'a file is not overwritten').toMatchObject({ code: 2 });
  expect((await call('backup', 'lost/home.tar.gz')).stderr).toContain('FILE: there is no directory');
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

test('of a hostile archive nothing is restored that reaches out of the home, or lets its maker in', async () => {
  const cwd = await temporaryDirectory();
  const home = join(cwd, 'home');
  expect(await sluice(['s3', 'mb', 's3://bucket'], { home })).toMatchObject({ code: 0 });
  expect(await sluice(['jobs', 'ls'], { home })).toMatchObject({ code: 0 });
  await mkdir(join(cwd, 'outside'));
  await writeFile(join(cwd, 'outside/secret'), 'secret');
  expect(await sluice(['backup', 'good.tar'], { cwd, home })).toMatchObject({ code: 0 });
  expect(await sluice(['backup', 'at-12:30.tar'], { cwd, home })).toMatchObject({ code: 0 });
  expect(await sluice(['restore', 'at-12:30.tar', '--home', 'of-half-past'], { cwd })).toMatchObject({
    code: 0,
  });
  const evil = join(cwd, 'evil');
  const shell = `mkdir -p evil && tar -xf good.tar -C evil && cd evil && mv s3/bucket bucket && rm -rf jobs &&
    ln -s ${cwd}/outside jobs && ln -s ${cwd}/outside s3/leak && ln -s ${cwd}/outside/secret bucket/secret &&
    mkdir bucket/a && echo x > bucket/a/file && ln -s a/file bucket/stays && mkfifo bucket/pipe && mv bucket s3/bucket &&
    chmod 6777 s3/bucket/a/file && echo '{"accessKeyId":"evil","secretAccessKey":"known"}' > credentials.json &&
    echo known > job-credentials.key && mkfifo server.lock && mkdir runners && tar -cf ../evil.tar .`;
  await promisify(execFile)('sh', ['-ec', shell], { cwd });
  const made = join(cwd, 'made');
  const { code, stderr } = await sluice(['restore', 'evil.tar'], { cwd, home: made });
  expect([code, stderr.match(/(?<=holds it: ").*(?=")/g)?.sort()]).toEqual([
    0,
    [
      'credentials.json',
      'job-credentials.key',
      'jobs',
      'runners',
      's3/bucket/pipe',
      's3/bucket/secret',
      's3/leak',
      'server.lock',
    ],
  ]);
  expect((await stat(join(made, 's3/bucket/stays'))).mode & 0o7022).toBe(0);
  expect(await readdir(join(made, 's3/bucket'))).toEqual(['a', 'stays']);
  expect(await readdir(join(cwd, 'outside'))).toEqual(['secret']);
  await rm(join(evil, 'sluice.db'));
  await promisify(execFile)('sh', ['-ec', `ln -s ${home}/sluice.db sluice.db && tar -cf ../evil.tar .`], {
    cwd: evil,
  });
  expect(await sluice(['restore', 'evil.tar', '--home', 'new'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is no backup of this version'),
  });
});

test('nothing is restored over a home, of another archive, or of a file that is not there', async () => {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, 'other.tar'), 'no archive');
  await writeFile(join(cwd, 'other.tgz'), 'no archive');
  await mkdir(join(cwd, 'used'));
  await writeFile(join(cwd, 'used/mine'), 'mine');
  const cases = [
    [['restore', 'other.tar', '--home', 'used'], 'is not empty; nothing was restored'],
    [['restore', 'other.tar', '--home', 'new'], "FILE: 'other.tar' is no archive that tar can read"],
    [['restore', 'other.tgz', '--home', 'new'], "FILE: 'other.tgz' is no archive that tar can read"],
    [['restore', 'nowhere.tar', '--home', 'new'], "there is no file 'nowhere.tar'"],
    [['backup', 'out.tar', '--home', 'new'], 'There is no home at'],
  ] as const;
  for (const [args, message] of cases) {
    expect(await sluice(args, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  }
  await expect(stat(join(cwd, 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
});
