import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { takeFreePort } from '../../src/jobs/serving/free-port.ts';
import { pythonWith } from '../../test/harness/python.ts';

const root = join(import.meta.dirname, '..', '..');

/** A server under measurement. */
export interface MeasuredServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** Milliseconds from its start until it answered. */
  readonly startMs: number;
  /** Its memory now, MiB. */
  memory(): number;
  /** Processor time that it has used, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Starts `sluice serve`: as it is compiled, where it is (`npm run build`), else from its source. */
export function startSluice(home: string, args: readonly string[] = []): Promise<MeasuredServer> {
  const compiled = join(root, 'dist', 'cli', 'main.js');
  return start(process.execPath, (port) => [
    existsSync(compiled) ? compiled : join(root, 'src', 'cli', 'main.ts'),
    'serve',
    '--home',
    home,
    '--port',
    String(port),
    ...args,
  ]);
}

/**
 * Starts moto's server, which is installed at the first use.
 *
 * @param stored requests of the training jobs that its backend holds when it answers
 */
export async function startMoto(stored: Iterable<object>): Promise<MeasuredServer> {
  const program = join(await pythonWith('moto[server]'), 'bin', 'python');
  const script = join(import.meta.dirname, 'moto-server.py');
  return start(program, (port) => [script, String(port)], stored);
}

async function start(
  program: string,
  args: (port: number) => string[],
  input: Iterable<object> = [],
): Promise<MeasuredServer> {
  const port = await takeFreePort();
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const child = spawn(program, args(port), { stdio: ['pipe', 'ignore', 'ignore'] });
  await pipeline(Readable.from(linesOf(input)), child.stdin);
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() - started > 120_000) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not answer`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return {
    url,
    child,
    startMs: performance.now() - started,
    memory: () => memoryOf(child.pid as number),
    cpuMs: () => cpuMsOf(child.pid as number),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await once(child, 'exit');
      clearTimeout(timer);
    },
  };
}

function* linesOf(input: Iterable<object>): Generator<string> {
  for (const each of input) yield `${JSON.stringify(each)}\n`;
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(5000) })).text();
    return true;
  } catch {
    return false;
  }
}

/** Resident memory of a process, MiB. */
function memoryOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** Clock ticks are 10 ms on every Linux that Node runs on. @see proc(5), fields 14 and 15 of stat */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
