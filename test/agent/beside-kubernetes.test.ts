import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyInit } from '../../src/agent/copy-init.ts';
import { endOf } from '../../src/agent/ends/kubernetes-end.ts';
import { writeHostsFile } from '../../src/agent/write-hosts-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-agent-kubernetes-'));
});
afterAll(() => rm(directory, { recursive: true }));

const { signal } = new AbortController();

test('the hosts of a job are named in a hosts file once the DNS knows them', async () => {
  const file = join(directory, 'hosts');
  await writeHostsFile(file, { peers: ['127.0.0.1', '127.0.0.2'], signal });
  const lines = (await readFile(file, 'utf8')).split('\n');
  expect(lines.slice(0, 2)).toEqual(['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback']);
  expect(lines[2]).toMatch(/^127\.0\.0\.1 algo-1 /);
  expect(lines[3]).toMatch(/^127\.0\.0\.2 algo-2 /);
});

test('a host that does not come is no reason to wait for ever', async () => {
  const writing = writeHostsFile(join(directory, 'none'), { peers: ['never.invalid'], limitMs: 10, signal });
  await expect(writing).rejects.toMatchObject({
    code: 'CapacityUnavailable',
    message: expect.stringContaining('algo-1'),
  });
});

test('the init of the image is copied to where the user container finds it, to be run', async () => {
  await writeFile(join(directory, 'catatonit'), 'a program');
  const file = join(directory, 'init');
  copyInit(file, `/nowhere:${directory}`);
  expect((await stat(file)).mode & 0o777).toBe(0o755);
  expect(() => copyInit(file, '/nowhere')).toThrow(/no 'catatonit'/);
});

const running = { containerStatuses: [{ name: 'main', state: {} }] };

test.each([
  ['that runs', {}, running, undefined],
  ['whose pod is being deleted', { deletionTimestamp: '2026-11-28T10:00:00Z' }, running, { stopped: true }],
  ['whose pod is evicted', {}, { ...running, reason: 'Evicted' }, { stopped: true }],
])('of a container %s the end is told as far as it is known', (_, metadata, status, expected) => {
  expect(endOf({ metadata, status }, 'main')).toEqual(expected);
});
