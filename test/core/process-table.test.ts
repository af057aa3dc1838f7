import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { pollUntil } from '../../src/core/poll-until.ts';
import {
  childProcesses,
  listProcesses,
  readProcessFile,
  readProcessStat,
} from '../../src/core/process-table.ts';

test('a child is listed below its parent, as what it is, and is no more once it has ended', async () => {
  const child = spawn('/bin/sh', ['-c', 'read line'], { detached: true, env: { MARK: 'of the test' } });
  const pid = child.pid ?? 0;
  await once(child, 'spawn');
  expect(listProcesses()).toContain(pid);
  expect(childProcesses(process.pid)).toContain(pid);
  const stat = readProcessStat(pid);
  expect(stat).toMatchObject({ isZombie: false, isEnding: false, parent: process.pid, group: pid });
  expect(stat?.startTicks).toMatch(/^\d+$/);
  // It has neither memory nor environment of its own before its program is loaded.
  const isLoaded = () =>
    readProcessFile(pid, 'environ') === 'MARK=of the test\0' &&
    (readProcessStat(pid)?.residentPages ?? 0) > 0;
  expect(await pollUntil(isLoaded, { everyMs: 5, limitMs: 60_000 })).toBe(true);
  child.stdin.end();
  await once(child, 'exit');
  expect(readProcessStat(pid)).toBeUndefined();
  expect(childProcesses(pid)).toEqual([]);
});

test('what has ended and is not waited for is a zombie, and ending', async () => {
  // The shell's child ends, and the program that the shell becomes waits for nobody.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']);
  try {
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const isZombie = () => readProcessStat(Number(chunk))?.isZombie === true;
    expect(await pollUntil(isZombie, { everyMs: 5, limitMs: 60_000 })).toBe(true);
    expect(readProcessStat(Number(chunk))).toMatchObject({ isEnding: true, parent: parent.pid });
  } finally {
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  }
});

test('a name may hold brackets and spaces', async () => {
  const name = 'a) R (b';
  const child = spawn('/bin/sh', ['-c', `printf '%s' '${name}' > /proc/self/comm; echo named; read line`]);
  await once(child.stdout, 'data');
  expect(readProcessStat(child.pid ?? 0)).toMatchObject({ isZombie: false, parent: process.pid });
  child.stdin.end();
  await once(child, 'exit');
});
