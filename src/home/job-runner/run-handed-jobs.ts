import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../core/errors.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import { isPassing } from '../../core/is-passing.ts';
import { ignoreClosedPipes, printWarningsPlainly } from '../../core/standard-streams.ts';
import type { HandedJob, Jobs } from '../../jobs/index.ts';
import { workerOf } from '../../state/index.ts';
import { openHome } from '../open-home.ts';
import { ENDING, type ToRunner } from './messages.ts';
import { removeRunner } from './runner-files.ts';

/** How often jobs are looked for that this process owns and does not run, milliseconds. */
const LOOK_INTERVAL_MS = 5000;
/** For so long a state is waited for that cannot be opened, and so long between two tries, milliseconds. */
const OPENING = { limitMs: 600_000, pauseMs: 1000 };

/**
 * Runs the jobs that the server which has started this process hands over. Resolves once the server is gone and all
 * of them have ended, or once this process was told to end (SIGTERM) and has interrupted them.
 *
 * @param input what the server says; it ends with the server
 */
export async function runHandedJobs(input: Readable): Promise<void> {
  ignoreClosedPipes();
  printWarningsPlainly();
  const messages = readMessages(input);
  const settings = (await messages.next()).value;
  if (settings?.kind !== 'open') return;
  const { executor, configuration } = settings;
  const context = { ...settings, environment: process.env };
  const home = await patiently(() => openHome(context, { executor, configuration }));
  const worker = workerOf(home.state);
  worker.takeUp(settings.worker);
  // Its server hands jobs to another one from then on; the worker was theirs.
  worker.onLost(() => {
    process.stdout.write(`${ENDING}\n`);
    end();
  });
  const { promise: told, resolve: end } = Promise.withResolvers<void>();
  const interrupts = catchInterrupts({ onStop: () => end(), onKill: () => void home.killJobs() });
  const handed = new HandedJobs(home.jobs, () => interrupts.exitCode() === undefined);
  const look = setInterval(() => void handed.takeOwn(), LOOK_INTERVAL_MS).unref();
  await Promise.race([told, obey(messages, handed).then(() => handed.finish())]);
  clearInterval(look);
  process.stdout.write(`${ENDING}\n`);
  await home.close('interrupt');
  removeRunner(settings.paths.home, process.pid);
  interrupts.close();
}

/** Jobs were taken on, and wait: a database that has no connection left just now does not fail them. */
async function patiently<Home>(open: () => Promise<Home>): Promise<Home> {
  for (const until = performance.now() + OPENING.limitMs; ; ) {
    try {
      return await open();
    } catch (error) {
      if (!isPassing(error) || performance.now() > until) throw error;
      warn(`Jobs cannot begin yet: ${errorMessage(error)}`);
    }
    await sleep(OPENING.pauseMs);
  }
}

async function* readMessages(input: Readable): AsyncGenerator<ToRunner, undefined> {
  // A reset tells of a lost server too.
  input.on('error', () => undefined);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield JSON.parse(line) as ToRunner;
  }
}

/** Resolves once the server is gone. */
async function obey(messages: AsyncIterable<ToRunner>, handed: HandedJobs): Promise<void> {
  for await (const message of messages) {
    if (message.kind === 'run') void handed.take(message);
    if (message.kind === 'stop') void handed.stop(message.type, message.name);
    if (message.kind === 'heed-stop-requests') handed.heedStopRequests();
  }
}

class HandedJobs {
  readonly #jobs: Jobs;
  readonly #takesMore: () => boolean;

  constructor(jobs: Jobs, takesMore: () => boolean) {
    this.#jobs = jobs;
    this.#takesMore = takesMore;
  }

  async take(job: HandedJob): Promise<void> {
    if (!this.#takesMore()) return;
    // One that cannot be read now is found when jobs are looked for.
    await this.#jobs
      .take(job)
      .catch((error: unknown) => warn(`The job '${job.name}' cannot begin yet: ${errorMessage(error)}`));
  }

  /** @returns how many jobs begin to run. */
  async takeOwn(): Promise<number> {
    if (!this.#takesMore()) return 0;
    return this.#jobs.takeOwn().catch((error: unknown) => {
      warn(`Jobs cannot be looked for: ${errorMessage(error)}`);
      return 0;
    });
  }

  async stop(type: HandedJob['type'], name: string): Promise<void> {
    await this.#jobs
      .stopOwn(type, name)
      .catch((error: unknown) => warn(`The job '${name}' is not stopped: ${errorMessage(error)}`));
  }

  heedStopRequests(): void {
    this.#jobs.heedStopRequests();
  }

  /** Resolves once all jobs have ended, also those that the server had committed and not told of. */
  async finish(): Promise<void> {
    let taken: number;
    do {
      taken = await this.takeOwn();
      await this.#jobs.idle();
    } while (taken > 0);
  }
}

function warn(message: string): void {
  process.emitWarning(message);
}
