import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../core/errors.ts';
import type { HandedJob, OwnedJob, RunnerProcess } from '../../jobs/index.ts';
import { identifyProcess, isProcessAlive, type ProcessIdentity } from '../../state/index.ts';
import { ENDING, type RunnerSettings, type ToRunner } from './messages.ts';
import { addRunner, listRunners, removeRunner } from './runner-files.ts';

/** How often job runners that were told to end are looked at, milliseconds. */
const END_INTERVAL_MS = 25;
/** How long one that was told to kill its jobs may take to end, milliseconds. */
const KILL_LIMIT_MS = 10_000;

/** What {@link JobRunnerProcess} needs. */
export interface JobRunnerProcessOptions {
  readonly settings: RunnerSettings;
  readonly log: (message: string) => void;
  /** A job runner has ended although nobody told it to: its jobs are to be accounted for. */
  readonly onLost: () => void;
}

interface StartedRunner {
  readonly identity: ProcessIdentity;
  /** Once it is registered. */
  worker?: string;
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
}

/**
 * The process that runs the jobs of a server. It is started for the first job, and outlives the server: then it ends
 * once its jobs have.
 */
export class JobRunnerProcess implements RunnerProcess {
  readonly #options: JobRunnerProcessOptions;
  readonly #own = new Map<number, StartedRunner>();
  /** Of earlier servers. */
  #adopted: readonly ProcessIdentity[] = [];
  #current: { readonly runner: StartedRunner; readonly worker: Promise<string> } | undefined;
  #told = false;
  #closed = false;

  constructor(options: JobRunnerProcessOptions) {
    this.#options = options;
  }

  /** Takes over what earlier servers of the home have left running. To be called by the home's only server. */
  adopt(): void {
    this.#adopted = listRunners(this.#options.settings.paths.home);
  }

  async worker(register: (process: ProcessIdentity) => Promise<string>): Promise<string> {
    if (this.#closed)
      throw new SluiceError('InternalError', 'The server is stopping: it takes no further job.');
    this.#current ??= this.#begin(this.#start(), register);
    return this.#current.worker;
  }

  forget(worker: string): void {
    if (this.#current?.runner.worker === worker) this.#current = undefined;
  }

  run(job: HandedJob): void {
    const runner = this.#runnerOf(job.worker);
    if (runner) tell(runner, { kind: 'run', ...job });
    else if (!this.#closed) this.#options.onLost();
  }

  stop({ type, name, worker }: OwnedJob): boolean {
    const runner = this.#runnerOf(worker);
    if (!runner?.process.stdin.writable) return false;
    tell(runner, { kind: 'stop', type, name });
    return true;
  }

  heedStopRequests(): void {
    for (const runner of this.#own.values()) if (runner.worker) tell(runner, { kind: 'heed-stop-requests' });
  }

  /** Asked once, every job runner interrupts its jobs and ends; asked again, it kills them, and is killed if it lingers. */
  terminate(): void {
    if (this.#told) setTimeout(() => this.#signal('SIGKILL'), KILL_LIMIT_MS).unref();
    this.#told = true;
    this.#signal('SIGTERM');
  }

  async interrupt(): Promise<void> {
    if (!this.#closed) this.terminate();
    this.#closed = true;
    while (this.#living().length > 0) await sleep(END_INTERVAL_MS);
  }

  /** Lets go of the job runners: they end once their jobs have. */
  leave(): void {
    this.#closed = true;
    for (const { process: child } of this.#own.values()) {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    }
  }

  #signal(signal: NodeJS.Signals): void {
    for (const { pid } of this.#living()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  #living(): ProcessIdentity[] {
    const own = [...this.#own.values()].map(({ identity }) => identity);
    return [...own, ...this.#adopted.filter(({ pid }) => !this.#own.has(pid)).filter(isProcessAlive)];
  }

  #runnerOf(worker: string): StartedRunner | undefined {
    return [...this.#own.values()].find((runner) => runner.worker === worker);
  }

  /** It waits for its first message; without it, it ends. */
  #begin(runner: StartedRunner, register: (process: ProcessIdentity) => Promise<string>) {
    const worker = register(runner.identity).then((id) => {
      runner.worker = id;
      tell(runner, { kind: 'open', ...this.#options.settings, worker: id });
      return id;
    });
    worker.catch(() => {
      this.#forget(runner);
      runner.process.stdin.destroy();
    });
    return { runner, worker };
  }

  #start(): StartedRunner {
    const { settings } = this.#options;
    const file = new URL(`./job-runner-worker${extname(import.meta.url)}`, import.meta.url);
    const options = process.execArgv.filter((option) => !option.startsWith('--inspect'));
    const child = spawn(process.execPath, [...options, fileURLToPath(file)], {
      // In a session of its own: neither Ctrl-C nor the end of the terminal reaches it.
      detached: true,
      // Pipes, not the server's own stderr: whoever waits for the server's output to end must not wait for jobs.
      stdio: ['pipe', 'pipe', 'pipe'],
      env: withoutSecret(process.env),
    });
    child.on('error', (error) => this.#options.log(`The job runner: ${error.message}`));
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (!identity) {
      throw new SluiceError('ExecutorUnavailable', 'The process that runs jobs could not be started.', {
        hint: 'The machine may have no memory or no processes left.',
      });
    }
    const runner: StartedRunner = { identity, process: child };
    this.#own.set(identity.pid, runner);
    child.once('exit', (code, signal) => this.#ended(runner, signal ?? `code ${code}`));
    child.stdin.on('error', () => this.#forget(runner));
    child.stdout.on('data', (bytes: Buffer) => bytes.toString().includes(ENDING) && this.#forget(runner));
    child.stderr.on('data', (bytes: Buffer) => process.stderr.write(bytes));
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket).unref();
    addRunner(settings.paths.home, identity);
    return runner;
  }

  #ended(runner: StartedRunner, how: string): void {
    const { pid } = runner.identity;
    this.#own.delete(pid);
    this.#forget(runner);
    removeRunner(this.#options.settings.paths.home, pid);
    if (this.#closed) return;
    this.#options.log(`The process that ran jobs, ${pid}, has ended (${how}).`);
    this.#options.onLost();
  }

  /** The next job starts another one. */
  #forget(runner: StartedRunner): void {
    if (this.#current?.runner === runner) this.#current = undefined;
  }
}

/** The server's own secret is no business of what runs jobs. */
function withoutSecret(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { SLUICE_SECRET_ACCESS_KEY: _, ...rest } = environment;
  return rest;
}

/** One that has ended meanwhile is noticed by its end. */
function tell({ process: child }: StartedRunner, message: ToRunner): void {
  if (child.stdin.writable) child.stdin.write(`${JSON.stringify(message)}\n`);
}
