import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { InputChannel } from '../../src/channels/index.ts';

/** What to feed: a channel, and where its objects are. */
export interface FeederPlan {
  readonly channel: InputChannel;
  readonly directory: string;
  /** An S3 endpoint; absent for local objects. */
  readonly endpoint?: string;
  /** Without koffi, as where it cannot be loaded. @default false */
  readonly withoutNative?: boolean;
}

/** A process of its own that feeds a channel in Pipe mode. */
export interface Feeder {
  /** Reads one epoch to its end. @returns milliseconds */
  readEpoch(): Promise<number>;
  /** Ends it. @returns its peak memory in bytes */
  close(): Promise<number>;
}

/** Starts our side and waits until its first FIFO is there. */
export async function startFeeder(plan: FeederPlan): Promise<Feeder> {
  const file = fileURLToPath(new URL('./feed.ts', import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(plan)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SLUICE_NATIVE: plan.withoutNative ? 'off' : 'on' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  let epoch = 0;
  return {
    readEpoch: () => timeReader(`${plan.directory}_${epoch++}`),
    close: async () => {
      child.stdin.end();
      const { value } = await lines.next();
      await once(child, 'exit');
      return Number(value);
    },
  };
}

/** The other side: a shell command that writes into a FIFO. @returns milliseconds */
export async function timeCommand(fifo: string, command: string): Promise<number> {
  execFileSync('mkfifo', [fifo]);
  try {
    const reading = timeReader(fifo);
    const child = spawn('sh', ['-c', `{ ${command}; } > "$0"`, fifo], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [time] = await Promise.all([reading, ended(child)]);
    return time;
  } finally {
    rmSync(fifo);
  }
}

/** The reader is the same for both sides. */
async function timeReader(fifo: string): Promise<number> {
  while (!existsSync(fifo)) await sleep(1);
  const started = performance.now();
  await ended(spawn('dd', [`if=${fifo}`, 'of=/dev/null', 'bs=1M', 'status=none'], { stdio: 'inherit' }));
  return performance.now() - started;
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}
