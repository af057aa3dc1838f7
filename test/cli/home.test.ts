// Needs: bubblewrap
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { twoSteps, writeFiles } from '../harness/pipelines.ts';
import { mainFile, sluice, startProgram, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

async function project(): Promise<{ cwd: string; home: string }> {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, twoSteps);
  return { cwd, home: join(cwd, 'home') };
}

test('the home is --home, else SLUICE_HOME, else the data directory of the user, and is private', async () => {
  const { cwd } = await project();
  await sluice(['run', 'pipeline.ts', '--home', 'a'], { cwd, home: join(cwd, 'b') });
  await sluice(['run', 'pipeline.ts'], { cwd, home: join(cwd, 'b') });
  await sluice(['run', 'pipeline.ts'], { cwd, environment: { XDG_DATA_HOME: join(cwd, 'xdg') } });
  for (const home of ['a', 'b', 'xdg/sluice']) {
    expect((await stat(join(cwd, home))).mode & 0o777).toBe(0o700);
    const { stdout } = await sluice(['runs', 'ls', '--json', '--home', join(cwd, home)]);
    expect(JSON.parse(stdout).runs).toHaveLength(1);
  }
});

test('looking at a home that does not exist makes none', async () => {
  const { home } = await project();
  const { code, stdout } = await sluice(['runs', 'ls'], { home });
  expect(code).toBe(0);
  expect(stdout).toContain('No runs yet');
  await expect(stat(home)).rejects.toThrow('ENOENT');
});

test('a home that a newer version wrote is refused and left as it is', async () => {
  const { cwd, home } = await project();
  await sluice(['run', 'pipeline.ts'], { cwd, home });
  const database = new DatabaseSync(join(home, 'sluice.db'));
  database.exec('PRAGMA user_version = 9999');
  database.close();
  const { code, stderr } = await sluice(['run', 'pipeline.ts'], { cwd, home });
  expect(code).toBe(1);
  expect(stderr).toContain('HomeVersion');
  expect(stderr).toContain('→');
});

test('a home that is no database is refused', async () => {
  const { cwd, home } = await project();
  await writeFiles(home, {
    'sluice.db': 'this is no database, but it is long enough to be taken for one'.repeat(100),
  });
  const { code, stderr } = await sluice(['run', 'pipeline.ts'], { cwd, home });
  expect(code).toBe(1);
  expect(stderr).toContain('HomeDamaged');
});

test('a home that another process holds is named, once the wait for it is over', async () => {
  const { cwd, home } = await project();
  await sluice(['runs', 'ls'], { home });
  await sluice(['run', 'pipeline.ts'], { cwd, home });
  const database = new DatabaseSync(join(home, 'sluice.db'));
  database.exec('BEGIN EXCLUSIVE');
  try {
    const { code, stderr } = await sluice(['run', 'pipeline.ts'], { cwd, home });
    expect(code).toBe(1);
    expect(stderr).toContain('HomeLocked');
  } finally {
    database.exec('ROLLBACK');
    database.close();
  }
});

/** Runs a shell script in a mount namespace of its own, as root there. */
function inNamespace(script: string, home: string) {
  return startProgram('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-ec', script], { home });
}

test('a home that cannot be written is refused, while one can still look at it', async () => {
  const { cwd, home } = await project();
  await sluice(['run', 'pipeline.ts'], { cwd, home });
  const node = `'${process.execPath}' '${mainFile}'`;
  const script = `mount --bind '${home}' '${home}'; mount -o remount,bind,ro '${home}'; cd '${cwd}'
    ${node} runs ls; ${node} run pipeline.ts --executor process`;
  const { code, stdout, stderr } = await inNamespace(script, home).ended;
  expect(stdout).toContain('Succeeded');
  expect(stderr).toContain('HomeReadOnly');
  expect(stderr).toContain('--home');
  expect(code).toBe(1);
});

test('a full disk fails the run with DiskFull and leaves no half-written object', async () => {
  const { cwd, home } = await project();
  await mkdir(home);
  await writeFiles(cwd, {
    'big.ts': `
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
const file = openSync(join(process.env['SM_MODEL_DIR'] as string, 'weights.bin'), 'w');
for (let part = 0; part < 24; part++) writeSync(file, randomBytes(1 << 20));
closeSync(file);
`,
  });
  const node = `'${process.execPath}' '${mainFile}'`;
  // The weights fit once, but not once more as an archive.
  const script = `mount -t tmpfs -o size=40m tmpfs '${home}'; cd '${cwd}'
    ${node} train --script big.ts --name big --executor process || echo "ended with $?"
    find '${home}/s3' -type f -name '*.tar.gz*' -o -name '*.part*'; ${node} jobs ls`;
  const { stdout, stderr } = await inNamespace(script, home).ended;
  expect(stderr).toMatch(/DiskFull|ENOSPC|no room|No space left/);
  expect(stdout).toContain('ended with 1');
  expect(stdout).not.toContain('model.tar.gz');
  expect(stdout).toMatch(/^Failed +training .* big$/m);
});

test('doctor names the home, its state and the executors', async () => {
  const { home } = await project();
  const { code, stdout } = await sluice(['doctor', '--json'], { home });
  expect(code).toBe(0);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; value: string }[] };
  expect(checks.map(({ name }) => name)).toEqual([
    'node',
    'machine',
    'home',
    'disk',
    'database',
    'configuration',
    'sandbox',
    'process',
    'python',
    'spark',
    'container',
    'gpu',
  ]);
  expect(checks[2]?.value).toContain(home);
  expect(checks.find(({ name }) => name === 'sandbox')).toMatchObject({ status: 'ok' });
  const asText = await sluice(['doctor'], { home });
  expect(asText.stdout).toMatch(/^✔ node +v24/m);
});

test('doctor says how to get what is missing', async () => {
  const { cwd, home } = await project();
  await mkdir(join(cwd, 'bin'));
  execFileSync('ln', ['-s', process.execPath, join(cwd, 'bin/node')]);
  await chmod(join(cwd, 'bin'), 0o755);
  const { code, stdout } = await sluice(['doctor'], { cwd, home, environment: { PATH: join(cwd, 'bin') } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^– sandbox +.*not installed/m);
  expect(stdout).toMatch(/→ .*apt-get install bubblewrap/);
  expect(stdout).toMatch(/^– python +python3 was not found/m);
  expect(stdout).toMatch(/^– container +.*podman is not installed; docker is not installed/m);
  expect(stdout).toMatch(/→ Install Podman/);
});

test.each([
  [['s3', 'mb', 's3://first']],
  [['jobs', 'stop', 'none']],
  [['serve', '--port', '0', '--host', '203.0.113.1', '--credentials']],
])('whichever command makes a home, it is private: %j', async (args) => {
  const { cwd, home } = await project();
  await writeFiles(cwd, { file: 'text' });
  await sluice(args, { cwd, home });
  expect((await stat(home)).mode & 0o777).toBe(0o700);
});

test('a home that is open to others is closed; a directory that is something else stays as it is', async () => {
  const { home } = await project();
  const mode = async () => (await stat(home)).mode & 0o777;
  await mkdir(home);
  await writeFiles(home, { 'package.json': '{}' });
  await chmod(home, 0o755);
  await sluice(['s3', 'ls'], { home });
  expect(await mode()).toBe(0o755);
  await mkdir(join(home, 's3'));
  await sluice(['s3', 'ls'], { home });
  expect(await mode()).toBe(0o700);
});
