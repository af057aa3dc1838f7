import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serverFile, serverLockFile } from '../../../src/core/home.ts';
import { claimHomeServer, findHomeServer } from '../../../src/home/server/home-server.ts';
import { currentProcess } from '../../../src/state/index.ts';

const program = fileURLToPath(new URL('../../fixtures/server/claim-home.ts', import.meta.url));
const DEAD = { pid: 4_194_305, startTime: 'x', url: 'http://127.0.0.1:1' };

let home: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'claim-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
  rmSync(home, { recursive: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A process that claims the home, and what came of it. */
async function claimElsewhere(): Promise<{ child: ChildProcess; outcome: string }> {
  const child = spawn(process.execPath, [program, home], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [text] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, outcome: text.toString().trim() };
}

const locked = expect.objectContaining({ code: 'HomeLocked' });

test.each<[string, string | undefined]>([
  ['no file', undefined],
  ['the file of a server that is dead', JSON.stringify(DEAD)],
  ['a process of the same id, which is another one', JSON.stringify({ ...DEAD, pid: process.pid })],
  ['a damaged file', '{"pid": 12'],
  ['a file of something else', 'null'],
])('of many servers that start at once, over %s, one has the home', async (_, text) => {
  if (text !== undefined) writeFileSync(serverFile(home), text);
  const outcomes = await Promise.all(Array.from({ length: 6 }, claimElsewhere));
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([...Array(5).fill('HomeLocked'), 'claimed']);
  const owner = outcomes.find(({ outcome }) => outcome === 'claimed')?.child.pid;
  await expect.poll(() => findHomeServer(home)?.pid).toBe(owner);
});

test('a server that was killed leaves a home that the next one may have', async () => {
  const { child } = await claimElsewhere();
  expect(() => claimHomeServer(home)).toThrow(locked);
  await end(child);
  expect(findHomeServer(home)).toBeUndefined();
  const claim = claimHomeServer(home);
  claim.announce('http://127.0.0.1:2');
  expect(findHomeServer(home)).toEqual({
    ...currentProcess(),
    url: 'http://127.0.0.1:2',
    publicUrl: 'http://127.0.0.1:2',
    credentials: 'none',
  });
  expect((await claimElsewhere()).outcome).toBe('HomeLocked');
  claim.release();
  expect(existsSync(serverFile(home))).toBe(false);
  expect((await claimElsewhere()).outcome).toBe('claimed');
});

test('the same process does not have a home twice, and keeps it after it has tried', async () => {
  const claim = claimHomeServer(home);
  claim.announce('http://127.0.0.1:2');
  expect(() => claimHomeServer(home)).toThrow('is served already, at http://127.0.0.1:2');
  expect((await claimElsewhere()).outcome).toBe('HomeLocked');
  claim.release();
  claim.release();
});

test('a lock file that was written to is no lasting lock', async () => {
  writeFileSync(serverLockFile(home), 'no database, but long enough to be taken for one'.repeat(100));
  const outcomes = await Promise.all([claimElsewhere(), claimElsewhere(), claimElsewhere()]);
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['HomeLocked', 'HomeLocked', 'claimed']);
});

test('what it leaves in the home is private, and says nothing of where it is while that is not known', () => {
  const claim = claimHomeServer(home);
  expect(statSync(serverLockFile(home)).mode & 0o777).toBe(0o600);
  expect(findHomeServer(home)).toBeUndefined();
  claim.announce('http://127.0.0.1:2');
  expect(JSON.parse(readFileSync(serverFile(home), 'utf8'))).toMatchObject({ url: 'http://127.0.0.1:2' });
  claim.release();
});
