import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { SluiceError } from '../../core/errors.ts';
import { pipeAt } from './sandbox-pipes.ts';
import { systemView } from './system-mounts.ts';

/** A network namespace with nothing but loopback. */
export interface JobNetwork {
  /** A process of it. */
  readonly pid: number;
  release(): void;
}

const INFO_FD = 3;
/** How long a network may take to be made, milliseconds. */
const MADE_WITHIN_MS = 30_000;

interface Held {
  readonly made: Promise<number>;
  readonly keeper: ChildProcess;
  holders: number;
}

const held = new Map<string, Held>();

/**
 * The network of a group of hosts, made by the first of them; the last one that releases it ends it. It lasts as long
 * as a process of its own, so that hosts may come and go.
 *
 * @throws SluiceError `ExecutorUnavailable` where none can be made
 */
export async function holdJobNetwork(group: string): Promise<JobNetwork> {
  const network = held.get(group) ?? makeNetwork(group);
  network.holders++;
  const release = onlyOnce(() => {
    if (--network.holders > 0) return;
    held.delete(group);
    network.keeper.kill('SIGKILL');
  });
  try {
    return { pid: await network.made, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Whoever joins the network from outside is root in the user namespace that owns it. */
function makeNetwork(group: string): Held {
  const keeper = spawn(
    'bwrap',
    [
      [
        '--unshare-user',
        '--uid',
        '0',
        '--gid',
        '0',
        '--unshare-net',
        '--die-with-parent',
        '--cap-drop',
        'ALL',
      ],
      systemView().arguments,
      ['--info-fd', String(INFO_FD), '--', 'sh', '-c', 'echo; exec cat'],
    ].flat(),
    {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
      detached: true,
    },
  );
  const network = { keeper, made: untilMade(keeper), holders: 0 };
  held.set(group, network);
  return network;
}

/** Its loopback is up once a program runs in it. What tells of either may be heard of first. */
async function untilMade(keeper: ChildProcess): Promise<number> {
  let info = '';
  let said = '';
  const told = Promise.withResolvers<number>();
  pipeAt(keeper, INFO_FD).on('data', (chunk: Buffer) => {
    info += chunk.toString();
    const pid = /"child-pid": (\d+)[^]*\}/.exec(info)?.[1];
    if (pid !== undefined) told.resolve(Number(pid));
  });
  keeper.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-1000);
  });
  const limit = AbortSignal.timeout(MADE_WITHIN_MS);
  const { promise: failed, reject } = Promise.withResolvers<never>();
  limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true });
  keeper.once('error', reject);
  keeper.once('close', () => reject(new Error(said.trim() || 'bubblewrap ended')));
  failed.catch(() => undefined);
  try {
    const runs = once(keeper.stdout as NodeJS.ReadableStream, 'data', { signal: limit });
    const [pid] = await Promise.race([Promise.all([told.promise, runs]), failed]);
    return pid;
  } catch (error) {
    keeper.kill('SIGKILL');
    throw new SluiceError(
      'ExecutorUnavailable',
      `No network can be made for an isolated job: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}

function onlyOnce(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
