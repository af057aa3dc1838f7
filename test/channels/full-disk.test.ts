// Needs: bubblewrap
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const fixture = fileURLToPath(new URL('../fixtures/channels/on-full-disk.ts', import.meta.url));
const mebi = 1024 * 1024;

let root: string;
let source: string;
let full: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'full-disk-'));
  source = join(root, 'source');
  full = join(root, 'full');
  for (const path of [source, full]) mkdirSync(path);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('Where the disk is full', () => {
  it.each([
    ['one large file', { 'large.bin': 20 }],
    ['many files', Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`file-${index}`, 0.7]))],
  ])(
    'copying a channel of %s ends as DiskFull that names one, and leaves no half of it',
    async (_, files) => {
      put(files);
      const { code, message, files: left } = await onFullDisk('copy', `file://${source}`);
      expect(code).toBe('DiskFull');
      expect(message).toMatch(new RegExp(`^file://${source}/(large.bin|file-\\d+) cannot be written`));
      // Files of their whole length may be there.
      expect(left.filter((name) => !/^data\/file-\d+$/.test(name))).toEqual([]);
      expect(left.length).toBeLessThanOrEqual(5);
    },
  );

  it.each(['file', 's3'])('model.tar.gz is not there at all: %s', async (scheme) => {
    put({ 'model.bin': 20 });
    const uri = scheme === 'file' ? `file://${full}/out/model.tar.gz` : 's3://bucket/out/model.tar.gz';
    const { code, message, files } = await onFullDisk('archive', uri);
    expect({ code, files: files.filter(isObject) }).toEqual({ code: 'DiskFull', files: [] });
    expect(message).toContain(uri);
  });

  it.each(['file', 's3'])('a checkpoint is uploaded whole or not at all: %s', async (scheme) => {
    put({ 'a.ckpt': 1, 'b.ckpt': 20 });
    const base = scheme === 'file' ? `file://${full}/checkpoints` : 's3://bucket/checkpoints';
    const { code, message, files } = await onFullDisk('upload', base);
    expect(code).toBe('DiskFull');
    // Both are uploaded at once: the small one may be what finds no room beside the large one.
    expect(message).toMatch(new RegExp(`${base}/[ab]\\.ckpt`));
    expect(files.filter((name) => isObject(name) && !name.endsWith('/a.ckpt'))).toEqual([]);
  });

  it('a checkpoint is restored whole or not at all', async () => {
    put({ 'b.ckpt': 20 });
    const { code, message, files } = await onFullDisk('restore', `file://${source}`);
    expect({ code, files }).toEqual({ code: 'DiskFull', files: [] });
    expect(message).toContain('b.ckpt');
  });

  it.each(['on', 'off'])(
    'a Pipe that has to wait on it fails, and leaves no FIFO: native %s',
    async (native) => {
      writeFileSync(join(source, 'big.gz'), gzipSync(Buffer.alloc(60 * mebi, 'zeros')));
      const { code, message, files } = await onFullDisk('pipe', `file://${source}`, {
        SLUICE_NATIVE: native,
      });
      expect({ code, files }).toEqual({ code: 'DiskFull', files: [] });
      expect(message).toContain(`${source}/big.gz`);
    },
  );
});

/** MiB of each file. */
function put(files: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(files))
    writeFileSync(join(source, name), randomBytes(Math.round(size * mebi)));
}

/** Of the store's own places, the objects. */
function isObject(name: string): boolean {
  return !/(^|\/)\.[^/]*/.test(name);
}

/** Runs the fixture where `full` is a file system of 4 MiB. */
async function onFullDisk(what: string, uri: string, environment: Readonly<Record<string, string>> = {}) {
  const small = ['--size', String(4 * mebi), '--tmpfs', full];
  const own = ['--bind', '/', '/', '--dev-bind', '/dev', '/dev', '--proc', '/proc', ...small];
  const program = [process.execPath, fixture, what, source, full, uri];
  const env = { ...process.env, ...environment };
  const { stdout } = await run('bwrap', [...own, '--', ...program], { timeout: 120_000, env });
  return JSON.parse(stdout) as { code?: string; message?: string; files: string[] };
}
