import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { untilClosed } from '../../src/executors/until-closed.ts';

test('all output is there when a process has ended', async () => {
  const child = spawn('sh', ['-c', 'printf one; printf two']);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await untilClosed(child, 60_000);
  expect(said).toBe('onetwo');
});

test('a pipe that is held open by what a process left behind is closed after the limit', async () => {
  const child = spawn('sh', ['-c', 'sleep 600 & echo $!']);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  let exited = false;
  await untilClosed(child, 100, () => {
    exited = true;
  });
  expect(exited).toBe(true);
  process.kill(Number(said), 'SIGKILL');
});
