import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePattern } from '../../src/cli/s3/filters.ts';
import { sluice as run, startSluice } from '../harness/sluice.ts';

describe('sluice s3', () => {
  let home: string;
  let data: string;
  const s3 = (...args: string[]) => run(['s3', ...args], { home });
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 's3-cli-'));
    data = join(home, 'data');
    mkdirSync(join(data, 'sub'), { recursive: true });
    writeFileSync(join(data, 'a.csv'), 'a');
    writeFileSync(join(data, 'b.txt'), 'bb');
    writeFileSync(join(data, 'sub', 'c.csv'), 'ccc');
    await s3('mb', 's3://bucket');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('copies a directory up and down, with filters of which the last decides', async () => {
    const up = await s3(
      'cp',
      data,
      's3://bucket/data',
      '--recursive',
      '--exclude',
      '*',
      '--include',
      '*.csv',
    );
    expect(up.stdout.split('\n').filter(Boolean)).toHaveLength(2);
    const back = join(home, 'back');
    expect((await s3('cp', 's3://bucket/data/', back, '--recursive')).code).toBe(0);
    expect(readFileSync(join(back, 'sub', 'c.csv'), 'utf8')).toBe('ccc');
    expect(statSync(join(back, 'b.txt'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('lists a level, everything, and the buckets', async () => {
    await s3('cp', data, 's3://bucket/data', '--recursive');
    expect((await s3('ls', 's3://bucket/data/')).stdout).toMatch(
      /^ {27}PRE sub\/\n.* {10}1 a\.csv\n.* {10}2 b\.txt\n$/s,
    );
    expect(await s3('ls', 's3://bucket/da')).toMatchObject({
      code: 0,
      stdout: `${' '.repeat(27)}PRE data/\n`,
    });
    expect(await s3('ls', 's3://bucket/none')).toMatchObject({ code: 1, stdout: '' });
    const all = await s3('ls', 's3://bucket', '--recursive', '--summarize', '--human-readable');
    expect(all.stdout).toMatch(/3 Bytes data\/sub\/c\.csv\n\nTotal Objects: 3\n {3}Total Size: 6 Bytes\n$/);
    expect((await s3('ls')).stdout).toMatch(/ bucket\n$/);
    expect((await run(['--json', 's3', 'ls', 's3://bucket/data/a'], { home })).stdout).toContain(
      '"key":"data/a.csv","size":1',
    );
  });

  it('removes a bucket that is empty, and one with objects by --force', async () => {
    await s3('cp', data, 's3://bucket/data', '--recursive');
    expect(await s3('rb', 's3://bucket')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error BucketNotEmpty'),
    });
    const { stdout } = await s3('rb', 's3://bucket', '--force');
    expect(stdout.split('\n')).toEqual([
      'delete: s3://bucket/data/a.csv',
      'delete: s3://bucket/data/b.txt',
      'delete: s3://bucket/data/sub/c.csv',
      'remove_bucket: bucket',
      '',
    ]);
    expect(await s3('rb', 's3://bucket')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error NoSuchBucket'),
    });
  });

  it('synchronises what is new, changed and gone, and nothing twice', async () => {
    expect((await s3('sync', data, 's3://bucket/d')).stdout.split('\n').filter(Boolean)).toHaveLength(3);
    expect((await s3('sync', data, 's3://bucket/d')).stdout).toBe('');
    writeFileSync(join(data, 'a.csv'), 'longer');
    rmSync(join(data, 'b.txt'));
    const dry = await s3('sync', data, 's3://bucket/d', '--delete', '--dryrun');
    expect(dry.stdout).toContain('(dryrun) delete: s3://bucket/d/b.txt');
    const { stdout } = await s3('sync', data, 's3://bucket/d', '--delete');
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual([
      'delete: s3://bucket/d/b.txt',
      `upload: ${data}/a.csv to s3://bucket/d/a.csv`,
    ]);
    const back = join(home, 'back');
    await s3('sync', 's3://bucket/d', back);
    expect((await s3('sync', 's3://bucket/d', back)).stdout).toBe('');
  });

  it('removes one object or all below a prefix', async () => {
    await s3('cp', data, 's3://bucket/data', '--recursive');
    expect((await s3('rm', 's3://bucket/data/a.csv')).stdout).toBe('delete: s3://bucket/data/a.csv\n');
    await s3('rm', 's3://bucket/data', '--recursive', '--exclude', '*.txt');
    expect((await s3('ls', 's3://bucket', '--recursive')).stdout).toMatch(/^\S+ \S+ +2 data\/b\.txt\n$/);
  });

  it('prints objects', async () => {
    await s3('cp', join(data, 'a.csv'), 's3://bucket/x/');
    expect((await s3('cat', 's3://bucket/x/a.csv', 's3://bucket/x/a.csv')).stdout).toBe('aa');
    expect((await s3('cp', 's3://bucket/x/a.csv', '-')).stdout).toBe('a');
  });

  it('does not write a key that would leave the directory, and brings the others', async () => {
    const store = join(home, 's3', 'bucket', 'p');
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, 'good'), '1');
    const { createDirectoryStore } = await import('../../src/objects/directory/create-directory-store.ts');
    await createDirectoryStore(join(home, 's3')).put('bucket', 'p/../../evil', 'x');
    const { code, stderr } = await s3('cp', 's3://bucket/p/', join(home, 'into'), '--recursive');
    expect(code).toBe(1);
    expect(stderr).toContain("'../../evil' is no path under");
    expect(readFileSync(join(home, 'into', 'good'), 'utf8')).toBe('1');
    expect(statSync(join(home, 'evil'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it.each([
    [['cp', 's3://bucket/none', '.'], 1, 'NoSuchKey'],
    [['ls', 's3://no-bucket'], 1, 'sluice s3 mb s3://no-bucket'],
    [['cp', '/none', 's3://bucket/'], 2, "There is no file '/none'"],
    [['cp', '/tmp', '/var'], 2, 'Expected s3://'],
    [['rm', 's3://bucket'], 2, '--recursive'],
    [['cat', 'bucket/key'], 2, 's3://bucket/key'],
    [['mb', 's3://bucket/key'], 2, 'a bucket alone'],
  ])('answers %j with exit code %i and what to do', async (args, code, text) => {
    const result = await s3(...args);
    expect(result.stderr).toContain(text);
    expect(result.code).toBe(code);
  });

  it.each([
    ['*.csv', 'a/b.csv', true],
    ['*.csv', 'a.csv.gz', false],
    ['a?c', 'abc', true],
    ['[ab]*', 'bx', true],
    ['[!ab]*', 'bx', false],
    ['a.b', 'axb', false],
    ['(x)+', '(x)+', true],
  ])('the pattern %s on %s', (pattern, text, matches) => {
    expect(parsePattern(pattern).test(text)).toBe(matches);
  });
});

describe('sluice serve', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'serve-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('serves a home, refuses a second server on it, and stops when asked', async () => {
    const first = startSluice(['serve', '--port', '0'], { home });
    await first.printed('export AWS_ENDPOINT_URL=http://127.0.0.1:');
    const second = await run(['serve', '--port', '0'], { home });
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('is served already') });
    first.child.kill('SIGTERM');
    await first.ended;
    expect(statSync(join(home, 'server.json'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('listens on loopback only, unless requests must be signed', async () => {
    const open = await run(['serve', '--host', '0.0.0.0', '--port', '0'], { home });
    expect(open).toMatchObject({ code: 2, stderr: expect.stringContaining('add --credentials') });
  });
});
