import { onAbort } from '../core/on-abort.ts';
import type { Execution, ExecutionResult, Executor, NetworkIsolation } from '../executors/index.ts';
import { identifyProcess } from '../state/index.ts';
import type { JobHost } from './job-host.ts';
import { type JobLife, JobStopping } from './job-life.ts';
import { type WatchedCommand, watchUsage } from './metrics/watch-usage.ts';
import type { HostProgram } from './toolkit/host-program.ts';

/** What one host runs. */
export interface HostCommand extends HostProgram {
  readonly host: JobHost;
  /** How many GPUs it gets. @default 0 */
  readonly gpus?: number | undefined;
  /** EnableNetworkIsolation. @default none */
  readonly isolation?: NetworkIsolation | undefined;
  /** @default the job's own */
  readonly executor?: Executor | undefined;
}

/** How to run the hosts of a job. */
export interface RunHostsOptions {
  readonly life: JobLife;
  readonly commands: readonly HostCommand[];
  /** Settles when something beside the commands has failed: then all hosts are stopped. */
  readonly failed?: Promise<Error> | undefined;
}

/** How one host's command ended. */
export interface HostResult extends ExecutionResult {
  readonly host: JobHost;
  /** What the container itself says of a failure. */
  readonly failure?: string | undefined;
}

/** The commands of a job while they run. */
export interface RunningHosts {
  /** Settles once all have ended. Rejects with what failed beside the commands, once all have ended. */
  readonly ended: Promise<HostResult[]>;
  /** The process of a host's command; undefined of one that has none. */
  pidOf(host: JobHost): number | undefined;
  /** SIGTERM to all, SIGKILL after the grace period. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts the commands of all hosts. They are stopped when the job is, when one of them ends with a non-zero code,
 * and when a channel or a log fails.
 */
export async function startHosts(options: RunHostsOptions): Promise<RunningHosts> {
  const { life } = options;
  const fleet = new Fleet(life);
  const stopping = onAbort(life.stopSignal, () => fleet.tellStop());
  try {
    await fleet.start(options.commands);
  } catch (error) {
    stopping[Symbol.dispose]();
    await fleet.stop(0);
    throw error;
  }
  if (life.stopSignal.aborted) fleet.tellStop();
  void options.failed?.then((error) => fleet.fail(error));
  const ended = fleet.ended().finally(() => stopping[Symbol.dispose]());
  ended.catch(() => undefined);
  return { ended, pidOf: (host) => fleet.pidOf(host), stop: (graceMs) => fleet.stop(graceMs) };
}

class Fleet {
  readonly #life: JobLife;
  readonly #executions: { readonly command: HostCommand; readonly execution: Execution }[] = [];
  #failure: Error | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(life: JobLife) {
    this.#life = life;
  }

  async start(commands: readonly HostCommand[]): Promise<void> {
    const hosts = commands.map(({ host }) => hostnameOf(host));
    const starts = await Promise.allSettled(commands.map((command) => this.#startOne(command, hosts)));
    const processes = this.#executions.map(({ execution }) => identifyProcess(execution.pid));
    await this.#life.noteProcesses(processes.filter((process) => process !== undefined));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    this.#stopWatching = watchUsage(this.#life, this.#watched());
  }

  /** What a container uses is not used by the processes of its engine's client, which are all that is known here. */
  #watched(): WatchedCommand[] {
    const { executor: own } = this.#life.context;
    return this.#executions
      .filter(({ command: { executor = own } }) => executor.name !== 'container')
      .map(({ command, execution }) => ({ host: command.host.name, pid: execution.pid }));
  }

  async #startOne(command: HostCommand, hosts: readonly string[]): Promise<void> {
    const { host, workingDirectory, container, executor = this.#life.context.executor } = command;
    const execution = await executor.start({
      command: command.command,
      environment: command.environment,
      mounts: command.mounts,
      ...(workingDirectory !== undefined && { workingDirectory }),
      ...(container && { container }),
      mlDirectory: host.mlDirectory,
      gpus: command.gpus,
      ...(command.isolation && { isolation: command.isolation }),
      limits: this.#life.context.configuration.limits,
      hostname: hostnameOf(host),
      hosts,
      onOutput: (stream, chunk) => this.#keepOutput(command, stream, chunk),
    });
    this.#executions.push({ command, execution });
  }

  pidOf(host: JobHost): number | undefined {
    return this.#executions.find(({ command }) => command.host === host)?.execution.pid;
  }

  /** A log that cannot be written fails the job; it must not throw into the executor. */
  #keepOutput(command: HostCommand, stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.#failure) return;
    try {
      command.host.log.push(stream, chunk);
      command.onOutput?.(stream, chunk);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.tellStop();
  }

  /** What fails of an execution that ends is seen where its end is waited for. */
  tellStop(): void {
    this.stop(this.#life.lost ? 0 : this.#life.context.stopGraceMs).catch(() => undefined);
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#executions.map(({ execution }) => execution.stop({ graceMs })));
  }

  async ended(): Promise<HostResult[]> {
    const results = await Promise.all(
      this.#executions.map(async ({ command, execution }) => {
        const result = await execution.ended;
        if (result.exitCode !== 0 && this.#executions.length > 1) this.tellStop();
        return { host: command.host, ...result, ...command.conclude?.(result) };
      }),
    ).finally(() => this.#stopWatching?.());
    if (this.#failure) throw this.#failure;
    const { interrupted, lost } = this.#life;
    if ((interrupted || lost) && results.some((result) => result.stopped)) throw new JobStopping();
    return results;
  }
}

/** `algo-1/first`, a container of a host, is no name that a host can have. */
function hostnameOf({ name }: JobHost): string {
  return name.replaceAll('/', '-');
}
