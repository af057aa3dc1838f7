import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLeftoverFifos } from '../../src/channels/index.ts';
import { decodeFileName, fileNameBytes, showFileName } from '../../src/core/file-name.ts';
import { makeBelow, openBelow, readBelow, removeTree, withDirectory } from '../../src/core/tree/index.ts';
import { mlDirectoriesOf } from '../../src/jobs/job-host.ts';
import { asOrdinaryUser } from '../harness/ordinary-user.ts';

let top: string;
let root: string;
let outside: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'tree-'));
  root = join(top, 'job');
  outside = join(top, 'outside');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'S');
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

describe('a tree that a job may change', () => {
  it.each([
    ['a link to a directory', () => symlinkSync(outside, join(root, 'x')), /symbolic link/],
    ['a link within the tree', () => symlinkSync('a', join(root, 'x')), /symbolic link/],
    ['a link to nothing', () => symlinkSync('none', join(root, 'x')), /symbolic link/],
    ['a file', () => writeFileSync(join(root, 'x'), ''), /no directory/],
    ['a FIFO', () => execFileSync('mkfifo', [join(root, 'x')]), /no directory/],
  ])('is not entered through %s', (_, make, message) => {
    make();
    for (const path of ['x', 'x/y', 'x/../a']) {
      expect(() => openBelow({ root, path })).toThrow(message);
      expect(() => makeBelow({ root, path })).toThrow(message);
    }
    expect(readBelow({ root, path: 'x/secret' }, 10)).toBeUndefined();
    expect(readBelow({ root, path: 'x' }, 10)?.toString() ?? '').toBe('');
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it.each(['..', '../outside', 'a/../../outside'])('is not left by the name %s', (path) => {
    expect(() => openBelow({ root, path })).toThrow(/Expected a directory/);
    expect(() => makeBelow({ root, path })).toThrow(/Expected a directory/);
  });

  it('stays the directory that was opened, wherever its name leads by now', () => {
    using directory = makeBelow({ root, path: 'a/b' });
    execFileSync('mv', [join(root, 'a'), join(root, 'moved')]);
    symlinkSync(outside, join(root, 'a'));
    directory.makeDirectory('made').close();
    expect(existsSync(join(root, 'moved/b/made'))).toBe(true);
    expect(directory.stat('secret')).toBeUndefined();
  });

  it('is removed however deep it is, with what its job has closed, and nothing else', async () => {
    const script =
      'i=0; while [ $i -lt 400 ]; do mkdir dddddddddddddddd; cd -P dddddddddddddddd; i=$((i+1)); done; ln -s "$1" link';
    execFileSync('sh', ['-c', script, 'sh', outside], { cwd: root });
    symlinkSync(outside, join(root, 'a/link'));
    chmodSync(join(root, 'a/b'), 0);
    chmodSync(join(root, 'a'), 0);
    await removeTree(root);
    await removeTree(root);
    expect(readdirSync(top)).toEqual(['outside']);
    symlinkSync(outside, root);
    await removeTree(root);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('S');
  });

  it('is read by its owner where its job has closed it, as by root', async () => {
    writeFileSync(join(root, 'a/b/closed'), 'C');
    if (process.geteuid?.() === 0) execFileSync('chown', ['-R', '65534', top]);
    for (const path of ['a/b/closed', 'a/b', 'a', '']) chmodSync(join(root, path), 0);
    await asOrdinaryUser(async () => {
      expect(readBelow({ root, path: 'a/b/closed' }, 10)?.toString()).toBe('C');
      const names = withDirectory({ root, path: 'a/b' }, (directory) => [...directory.entries()]);
      expect(names).toEqual([{ name: 'closed', kind: 'file' }]);
    });
  });

  it('is listed on as it is read, and lets go where nobody reads on', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `file-${index}`);
    for (const name of names) writeFileSync(join(root, 'a/b', name), '');
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    withDirectory({ root, path: 'a/b' }, (directory) => {
      expect(new Set(Array.from(directory.entries(), ({ name }) => name))).toEqual(new Set(names));
      for (const { kind } of directory.entries()) {
        expect(kind).toBe('file');
        break;
      }
      expect([directory.isEmpty(), directory.makeDirectory('empty').isEmpty()]).toEqual([false, true]);
    });
    // The directory that was made above is held still.
    expect(open()).toBe(before + 1);
  });

  it('goes whole, also where a job has closed directories deep in it to its own user', async () => {
    chmodSync(top, 0o777);
    await asOrdinaryUser(async () => {
      const deep = join(top, 'deep');
      const path = join(deep, ...Array<string>(120).fill('d'));
      mkdirSync(path, { recursive: true });
      for (let at = path; at !== deep; at = dirname(at)) chmodSync(at, 0);
      await removeTree(deep);
      expect(existsSync(deep)).toBe(false);
    });
  });

  it('has no directories of containers where a job has made links or what looks like one', () => {
    for (const path of ['opt/ml', 'first/opt/ml', 'python.env/opt/ml'])
      mkdirSync(join(root, path), { recursive: true });
    symlinkSync(root, join(root, 'second'));
    mkdirSync(join(root, 'third/opt'), { recursive: true });
    symlinkSync(outside, join(root, 'third/opt/ml'));
    expect(mlDirectoriesOf(root)).toEqual([join(root, 'opt/ml'), join(root, 'first/opt/ml')]);
  });

  it('loses its FIFOs alone', async () => {
    for (const path of [outside, join(root, 'a')]) execFileSync('mkfifo', [join(path, 'd_0')]);
    symlinkSync(outside, join(root, 'data'));
    await removeLeftoverFifos({ root, path: 'data' });
    await removeLeftoverFifos({ root, path: 'a' });
    expect(readdirSync(outside)).toEqual(['d_0', 'secret']);
    expect(readdirSync(join(root, 'a'))).toEqual(['b']);
  });
});

describe('names that are bytes', () => {
  it.each([
    ['63 61 66 c3 a9', 'café', 'café'],
    ['63 61 66 e9', 'caf\udce9', 'caf\\xe9'],
    ['ff c3 28 80', '\udcff\udcc3(\udc80', '\\xff\\xc3(\\x80'],
    ['ed a0 80', '\udced\udca0\udc80', '\\xed\\xa0\\x80'],
    ['f0 9f 98 80 f0 9f', '😀\udcf0\udc9f', '😀\\xf0\\x9f'],
    ['61 0a 62', 'a\nb', 'a\\nb'],
  ])('%s comes back, and can be shown', (hex, name, shown) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(decodeFileName(bytes)).toBe(name);
    expect(fileNameBytes(name).equals(bytes)).toBe(true);
    expect(showFileName(name)).toBe(shown);
  });

  it('stand in listings', () => {
    writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.of(0xe9)]), '1');
    const names = withDirectory({ root, path: '' }, (directory) =>
      Array.from(directory.entries(), ({ name }) => name),
    );
    expect(names?.sort()).toEqual(['a', 'caf\udce9']);
    expect(readBelow({ root, path: 'caf\udce9' }, 5)?.toString()).toBe('1');
  });
});
