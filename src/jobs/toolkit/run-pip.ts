import type { Mount } from '../../contract/mount.ts';
import { onAbort } from '../../core/on-abort.ts';
import type { NetworkIsolation } from '../../executors/index.ts';
import { identifyProcess } from '../../state/index.ts';
import { environmentPython } from './environment-directory.ts';
import type { ProgramHost, ProgramLife } from './host-program.ts';

/** One run of a program that installs into an environment. */
export interface PipOptions {
  readonly life: ProgramLife;
  readonly host: ProgramHost;
  /** The environment to install into; writable in the job. */
  readonly directory: string;
  /** What Python is started with: `['-m', 'pip', 'install', …]`. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly isolation?: NetworkIsolation | undefined;
  readonly mounts: readonly Mount[];
  /** In the job. */
  readonly workingDirectory: string;
}

/** How it ended. */
export interface PipResult {
  readonly exitCode: number;
  /** What went wrong in pip's words: its ERROR lines, else its last lines. */
  readonly message: string;
  readonly command: readonly string[];
}

const TAIL_LINES = 12;
const ISOLATED = '\nEnableNetworkIsolation: the job has no network to install anything from.';
const STOP_GRACE_MS = 2_000;

/**
 * Runs pip as the job would: in the job's sandbox, its output in the job's log.
 *
 * @throws the reason of the job's stop signal
 */
export async function runPip(options: PipOptions): Promise<PipResult> {
  const { life, host, directory } = options;
  life.stopSignal.throwIfAborted();
  const command = [environmentPython(directory), ...options.arguments] as [string, ...string[]];
  const tail = new LineTail();
  const execution = await life.context.executor.start({
    mlDirectory: host.mlDirectory,
    ...(options.isolation && { isolation: { group: options.isolation.group } }),
    limits: life.context.configuration.limits,
    command,
    environment: options.environment,
    mounts: options.mounts,
    workingDirectory: options.workingDirectory,
    hostname: host.name,
    hosts: [host.name],
    onOutput: (stream, chunk) => {
      tail.push(chunk);
      try {
        host.log.push(stream, chunk);
      } catch {
        // A full disk: it must not throw into the executor. Flushing the log below throws it anew.
      }
    },
  });
  const stop = (): void => void execution.stop({ graceMs: STOP_GRACE_MS });
  using _ = onAbort(life.stopSignal, stop);
  try {
    const identity = identifyProcess(execution.pid);
    if (identity) await life.noteProcesses?.([identity]);
  } catch (error) {
    await execution.stop({ graceMs: 0 });
    throw error;
  }
  const { exitCode } = await execution.ended;
  host.log.flush();
  life.stopSignal.throwIfAborted();
  const isolated = exitCode !== 0 && options.isolation ? ISOLATED : '';
  return { exitCode, message: tail.message() + isolated, command };
}

class LineTail {
  #text = '';

  push(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-8192);
  }

  message(): string {
    const lines = this.#text.split('\n').filter((line) => line.trim() !== '');
    const errors = lines.filter((line) => /^\s*(?:ERROR|error):/.test(line));
    return (errors.length > 0 ? errors : lines).slice(-TAIL_LINES).join('\n');
  }
}
