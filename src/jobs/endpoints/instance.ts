import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'undici';
import { MODEL_DIRECTORY } from '../../contract/paths.ts';
import { errorMessage } from '../../core/errors.ts';
import type { EndpointVariant, ProcessIdentity } from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import { executorForImage } from '../job-container.ts';
import { hostPath } from '../job-host.ts';
import { LogWriter } from '../logs/log-writer.ts';
import { type PreparedModel, prepareModel } from '../model.ts';
import { modelDataFailure, pingFailure } from './failure-reasons.ts';
import type { EndpointLimits } from './limits.ts';
import { exitText, type ServerProcess, startServerProcess } from './server-process.ts';

/** The longest pause before a server that ended is started again, milliseconds. The first time there is none. */
const MAX_RESTART_DELAY_MS = 10_000;
const RESTART_DELAY_MS = 250;
/** A server that ran for so long has recovered. */
const RECOVERED_AFTER_MS = 60_000;

/** What an instance is started with. */
export interface InstanceOptions {
  readonly context: JobsContext;
  readonly limits: EndpointLimits;
  /** `i-0123456789abcdef0` */
  readonly id: string;
  readonly variant: EndpointVariant;
  /** The endpoint's own: data and logs of its instances lie below `<directory>/<variant>`. */
  readonly directory: string;
  /** The instance's process has become another one, or none. */
  readonly onProcess: () => void;
}

/** The directory that a model server sees as /opt/ml, in the instance's own. */
export function mlDirectoryOf(instanceDirectory: string): string {
  return join(instanceDirectory, 'opt', 'ml');
}

/** One instance of a variant: a model server that is started again whenever it ends by itself. */
export class Instance {
  readonly id: string;
  readonly variant: string;
  /** Invocations under way. */
  active = 0;
  readonly #options: InstanceOptions;
  readonly #stopping = new AbortController();
  /** With the executor of the variant's image, once that is known. */
  #context: JobsContext;
  #log: LogWriter | undefined;
  #model: PreparedModel | undefined;
  #server: ServerProcess | undefined;
  #process: ProcessIdentity | undefined;
  #starting = true;
  #supervised: Promise<void> | undefined;

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#context = options.context;
    this.id = options.id;
    this.variant = options.variant.name;
  }

  /** Connections to the healthy server; undefined while there is none. */
  get pool(): Pool | undefined {
    return this.#server?.pool;
  }

  /** Whether a server is on its way. */
  get starting(): boolean {
    return this.#starting;
  }

  get process(): ProcessIdentity | undefined {
    return this.#process;
  }

  /** Brings the model and starts the server; resolves once it is healthy. @throws JobFailure */
  start(): Promise<void> {
    const begun = this.#begin();
    this.#supervised = begun.then(
      () => this.#supervise(),
      () => undefined,
    );
    return begun;
  }

  /** As {@link start}, but does not give up: for an instance that was in service before. */
  revive(): void {
    this.#supervised = this.#restart(0).then(() => this.#supervise());
  }

  /** Ends the server and removes the instance's data; its log stays. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#server?.stop();
    await this.#supervised;
    await this.#model?.close();
    this.#log?.close();
    await rm(this.#data, { recursive: true, force: true, maxRetries: 3 });
  }

  async #begin(): Promise<void> {
    await this.#prepare();
    this.#server = await this.#launch();
    this.#starting = false;
  }

  get #data(): string {
    return join(this.#options.directory, this.variant, this.id);
  }

  get #mlDirectory(): string {
    return mlDirectoryOf(this.#data);
  }

  async #prepare(): Promise<void> {
    const { variant, directory, id } = this.#options;
    const { clock } = this.#options.context;
    const logs = join(directory, this.variant, 'logs');
    await rm(this.#data, { recursive: true, force: true });
    await mkdir(logs, { recursive: true, mode: 0o700 });
    this.#log ??= new LogWriter({ path: join(logs, `${id}.log`), clock });
    await mkdir(hostPath(this.#mlDirectory, MODEL_DIRECTORY), { recursive: true });
    const host = { name: id, index: 0, mlDirectory: this.#mlDirectory, log: this.#log };
    const executor = await executorForImage(variant.container.Image, this.#options.context);
    this.#context = { ...this.#options.context, executor };
    const life = { context: this.#context, stopSignal: this.#stopping.signal };
    try {
      this.#model = await prepareModel(life, host, variant.container);
    } catch (error) {
      const failure = modelDataFailure(variant.container, error);
      this.#log.note(failure.message);
      throw failure;
    }
  }

  async #launch(): Promise<ServerProcess> {
    const { variant, limits } = this.#options;
    const ownSeconds = variant.configured.ContainerStartupHealthCheckTimeoutInSeconds;
    const server = await startServerProcess({
      context: this.#context,
      limits: ownSeconds === undefined ? limits : { ...limits, healthyWithinMs: ownSeconds * 1000 },
      container: variant.container,
      mlDirectory: this.#mlDirectory,
      model: this.#model as PreparedModel,
      log: this.#log as LogWriter,
      signal: this.#stopping.signal,
      onProcess: (process) => {
        this.#process = process;
        this.#options.onProcess();
      },
    });
    if (server && !this.#stopping.signal.aborted) return server;
    await server?.stop();
    throw pingFailure(this.variant);
  }

  /** Resolves once the instance is stopped. */
  async #supervise(): Promise<void> {
    let deaths = 0;
    while (this.#server && !this.#stopping.signal.aborted) {
      const since = performance.now();
      const { exitCode } = await this.#server.ended;
      if (this.#stopping.signal.aborted) return;
      this.#server = undefined;
      this.#log?.note(`The model server is started again: ${exitText(exitCode)}.`);
      if (performance.now() - since > RECOVERED_AFTER_MS) deaths = 0;
      deaths = await this.#restart(deaths);
    }
    // It may have come up in the very moment of the stop.
    await this.#server?.stop();
  }

  /** Tries until the server is healthy or the instance is stopped. Resolves with how often it was tried in a row. */
  async #restart(attempts: number): Promise<number> {
    for (let attempt = attempts; !this.#stopping.signal.aborted; attempt++) {
      this.#starting = false;
      await this.#pause(attempt);
      if (this.#stopping.signal.aborted) return attempt;
      this.#starting = true;
      try {
        if (!this.#model) await this.#prepare();
        this.#server = await this.#launch();
        this.#starting = false;
        return attempt + 1;
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#log?.note(errorMessage(error));
      }
    }
    return attempts;
  }

  async #pause(attempt: number): Promise<void> {
    if (attempt === 0) return;
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, RESTART_DELAY_MS * 2 ** (attempt - 1));
    await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
