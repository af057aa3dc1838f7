import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeFreePort } from '../../src/jobs/serving/free-port.ts';
import { pythonWith } from './python.ts';

/** An S3 server that nobody here wrote. */
export interface Moto {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts moto's server, of the Python package index; its buckets are in its memory. */
export async function startMoto(): Promise<Moto> {
  const program = join(await pythonWith('moto[server]'), 'bin', 'moto_server');
  const port = await takeFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const until = Date.now() + 120_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not answer`);
    }
    await sleep(50);
  }
  return {
    url,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/`, { signal: AbortSignal.timeout(30_000) })).ok;
  } catch {
    return false;
  }
}
