import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { listeningPorts } from '../../src/executors/index.ts';

test('the ports are those of a process and of what it starts', async () => {
  // A shell between, so that the one that listens is a child of what is asked for.
  const server = `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))`;
  const child = spawn('/bin/sh', ['-c', '"$0" -e "$1"; exit', process.execPath, server], { detached: true });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(listeningPorts(child.pid as number)).toEqual([Number(line.toString())]);
  } finally {
    process.kill(-(child.pid as number), 'SIGKILL');
    await once(child, 'exit');
  }
  expect(listeningPorts(child.pid as number)).toEqual([]);
});
