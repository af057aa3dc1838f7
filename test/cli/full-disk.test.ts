// Needs: bubblewrap
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startS3 } from '../harness/s3-server.ts';
import { mainFile, startProgram, temporaryDirectories } from '../harness/sluice.ts';

const temporary = temporaryDirectories();
const mebi = 1024 * 1024;

test('a job that brings in more than the disk takes fails with the name of the object, and leaves no part of it', async () => {
  const s3 = await startS3({ verify: false });
  try {
    await s3.store.createBucket('data');
    await s3.store.put('data', 'train/big.bin', Buffer.alloc(40 * mebi, 'x'));
    const { output, files } = await trainOnSmallDisk("console.log('ran')", {
      arguments: ['--channel', 'train=s3://data/train'],
      environment: { SLUICE_S3: s3.url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    });
    expect(output).toMatch(
      /Failed: ClientError: Data download failed for channel 'train': Insufficient disk space: There is no room left for s3:\/\/data\/train\/big\.bin /,
    );
    expect(output).not.toContain('ran');
    expect(files).toBe('');
  } finally {
    await s3.close();
  }
});

test('a job whose model finds no room fails with the name of the archive, which is not there', async () => {
  const script = `
    import { randomBytes } from 'node:crypto';
    import { writeFileSync } from 'node:fs';
    writeFileSync(process.env.SM_MODEL_DIR + '/weights', randomBytes(${20 * mebi}));`;
  const { output, files } = await trainOnSmallDisk(script);
  expect(output).toMatch(
    /Failed: ClientError: Artifact upload failed: Insufficient disk space: There is no room left to write s3:\/\/\S+\/output\/model\.tar\.gz\./,
  );
  expect(files).toBe('');
});

/** Trains in a home that is a file system of 32 MiB. @returns what was printed, and the large files that stayed, but weights */
async function trainOnSmallDisk(
  script: string,
  more: { readonly arguments?: readonly string[]; readonly environment?: Record<string, string> } = {},
): Promise<{ output: string; files: string }> {
  const directory = await temporary();
  const home = join(directory, 'home');
  mkdirSync(home);
  writeFileSync(join(directory, 'train.mjs'), script);
  const job = ['--home', home, 'train', '--executor', 'process', '--script', 'train.mjs'];
  const program = [process.execPath, mainFile, ...job, ...(more.arguments ?? [])];
  const listFiles = `find "${home}" -type f -size +1M ! -name weights`;
  const shell = ['sh', '-c', `"$@" 2>&1; echo "exit code $?"; ${listFiles}`, 'sh', ...program];
  const small = ['--size', String(32 * mebi), '--tmpfs', home];
  const own = ['--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc', ...small];
  const options = { cwd: directory, environment: more.environment ?? {} };
  const { stdout, stderr } = await startProgram('bwrap', [...own, '--', ...shell], options).ended;
  expect(stderr).toBe('');
  const [output = '', files = 'none listed'] = stdout.split('exit code 1\n');
  return { output, files };
}
