import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedEnvironment } from '../../../src/jobs/toolkit/cached-environment.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-cache-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function request(
  build: (directory: string) => Promise<void>,
  more: { signal?: AbortSignal; key?: string } = {},
) {
  const { signal = new AbortController().signal, key = 'a' } = more;
  return cachedEnvironment({ root, key: [key], signal, build, onWait: () => undefined });
}

const make = async (directory: string): Promise<void> => {
  await mkdir(directory);
};

test('is built once, however many ask at once', async () => {
  let builds = 0;
  const build = async (directory: string): Promise<void> => {
    builds++;
    await make(directory);
  };
  const directories = await Promise.all(Array.from({ length: 10 }, () => request(build)));
  expect(new Set(directories).size).toBe(1);
  expect(builds).toBe(1);
  expect((await stat(directories[0] as string)).isDirectory()).toBe(true);
});

test('other contents have another directory', async () => {
  expect(await request(make)).not.toBe(await request(make, { key: 'b' }));
});

test('a build that fails leaves nothing behind, and the next one builds anew', async () => {
  const fails = async (directory: string): Promise<void> => {
    await make(directory);
    throw new Error('broken');
  };
  await expect(request(fails)).rejects.toThrow('broken');
  expect(await readdir(root)).toEqual([]);
  expect(await request(make)).toBeTruthy();
});

test('who waits may give up', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const first = request(async (directory) => {
    begin();
    await held;
    await make(directory);
  });
  await begun;
  const stopped = new AbortController();
  const second = request(make, { signal: stopped.signal });
  stopped.abort();
  await expect(second).rejects.toThrow(/abort/i);
  release();
  expect(await first).toBeTruthy();
});

test('what a builder that was killed has begun is removed, and built anew', async () => {
  const directory = await request(make);
  const place = (await readdir(root)).find((name) => !name.includes('-')) as string;
  await rm(directory, { recursive: true });
  await rm(join(root, place));
  const begun = join(root, `${place}-dead`);
  await mkdir(begun);
  const lock = { owner: { pid: 4_000_000, startTime: '1' }, directory: begun };
  await writeFile(join(root, `${place}.lock`), JSON.stringify(lock));
  const again = await request(make);
  expect((await readdir(root)).sort()).toEqual([place, again.slice(root.length + 1)].sort());
});
