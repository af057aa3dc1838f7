// Needs: python, rclone
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonClients, systemProgram } from '../../harness/s3-clients.ts';
import { startS3, type TestS3 } from '../../harness/s3-server.ts';

const run = promisify(execFile);
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/s3/${name}`, import.meta.url));
const mebi = 1024 * 1024;

describe('the S3 protocol, spoken by clients that nobody here wrote', () => {
  let s3: TestS3;
  let directory: string;
  let data: string;
  let aws: string;
  let pandas: string;
  let environment: Record<string, string>;
  beforeAll(async () => {
    aws = await pythonClients('aws');
    pandas = await pythonClients('pandas');
    s3 = await startS3();
    directory = mkdtempSync(join(tmpdir(), 'clients-'));
    data = join(directory, 'data');
    mkdirSync(join(data, 'sub dir'), { recursive: true });
    writeFileSync(join(data, 'small.csv'), 'a,b\n1,2\n');
    writeFileSync(join(data, 'sub dir', 'ünï+code.txt'), 'text');
    writeFileSync(join(data, 'big.bin'), randomBytes(20 * mebi + 3));
    writeFileSync(join(data, 'empty'), '');
    environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      TMPDIR: directory,
      AWS_ENDPOINT_URL: s3.url,
      S3_ENDPOINT_URL: s3.url,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
      LC_ALL: 'C.UTF-8',
    };
  }, 20 * 60_000);
  afterAll(async () => {
    await s3?.close();
    if (directory) rmSync(directory, { recursive: true });
  });

  const call = async (file: string, ...args: string[]) =>
    (await run(file, args, { env: environment, timeout: 280_000, maxBuffer: 64 * mebi })).stdout;

  /** The bytes of each file below a directory, by relative path. */
  const tree = (root: string) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(root.length), readFileSync(path).toString('latin1')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));

  it('boto3 goes through all of it', { timeout: 300_000 }, async () => {
    expect(await call(join(aws, 'python'), fixture('boto3_client.py'), directory)).toBe('ok\n');
  });

  it('pandas reads and writes tables through s3fs', { timeout: 300_000 }, async () => {
    expect(await call(join(pandas, 'python'), fixture('pandas_s3fs.py'))).toBe('ok\n');
  });

  it('the AWS CLI copies, synchronises, lists, presigns and removes', { timeout: 300_000 }, async () => {
    const cli = (...args: string[]) => call(join(aws, 'aws'), ...args);
    await cli('s3', 'mb', 's3://cli');
    await cli('s3', 'cp', data, 's3://cli/data', '--recursive', '--only-show-errors');
    expect(await cli('s3', 'ls', 's3://cli/data/')).toMatch(/PRE sub dir\/\n[^]*20971523 big\.bin\n/);
    const back = join(directory, 'cli-back');
    await cli('s3', 'sync', 's3://cli/data', back, '--only-show-errors');
    expect(tree(back)).toEqual(tree(data));
    expect(await cli('s3', 'sync', 's3://cli/data', back)).toBe('');
    rmSync(join(back, 'empty'));
    expect(await cli('s3', 'sync', back, 's3://cli/data', '--delete')).toBe('delete: s3://cli/data/empty\n');
    const url = (await cli('s3', 'presign', 's3://cli/data/small.csv')).trim();
    expect(await (await fetch(url)).text()).toBe('a,b\n1,2\n');
    const attributes = ['--object-attributes', 'ETag', 'Checksum', 'ObjectSize'];
    const shown = await cli(
      's3api',
      'get-object-attributes',
      '--bucket',
      'cli',
      '--key',
      'data/small.csv',
      ...attributes,
    );
    expect(JSON.parse(shown)).toMatchObject({ ObjectSize: 8 });
    await cli('s3', 'mv', 's3://cli/data/small.csv', 's3://cli/moved.csv');
    await cli('s3', 'rb', 's3://cli', '--force');
    expect(await cli('s3', 'ls')).not.toContain('cli');
  });

  it('s5cmd copies, lists, prints and removes', { timeout: 300_000 }, async () => {
    const s5cmd = (...args: string[]) => call(join(aws, 's5cmd'), ...args);
    await s5cmd('mb', 's3://s5cmd');
    await s5cmd('cp', '--part-size', '5', `${data}/`, 's3://s5cmd/data/');
    expect(await s5cmd('ls', 's3://s5cmd/data/*')).toContain('20971523');
    const back = join(directory, 's5cmd-back');
    await s5cmd('cp', '--part-size', '5', 's3://s5cmd/data/*', `${back}/`);
    expect(tree(back)).toEqual(tree(data));
    expect(await s5cmd('cat', 's3://s5cmd/data/small.csv')).toBe('a,b\n1,2\n');
    await s5cmd('mv', 's3://s5cmd/data/small.csv', 's3://s5cmd/moved.csv');
    await s5cmd('rm', 's3://s5cmd/*');
    await s5cmd('rb', 's3://s5cmd');
  });

  it('rclone copies, checks by hash, and removes', { timeout: 300_000 }, async () => {
    const program = systemProgram('rclone', 'rclone');
    const flags = [
      '--config',
      join(directory, 'rclone.conf'),
      '--s3-provider',
      'Other',
      '--s3-env-auth',
      '--s3-endpoint',
      s3.url,
    ];
    const rclone = (...args: string[]) =>
      call(program, ...args, ...flags, '--s3-chunk-size', '5M', '--s3-upload-cutoff', '5M');
    await rclone('mkdir', ':s3:rclone');
    await rclone('copy', data, ':s3:rclone/data');
    await rclone('check', data, ':s3:rclone/data');
    expect(await rclone('lsf', '-R', ':s3:rclone')).toContain('data/sub dir/ünï+code.txt');
    const back = join(directory, 'rclone-back');
    await rclone('sync', ':s3:rclone/data', back);
    expect(tree(back)).toEqual(tree(data));
    await rclone('moveto', ':s3:rclone/data/small.csv', ':s3:rclone/moved.csv');
    await rclone('purge', ':s3:rclone');
  });
});
