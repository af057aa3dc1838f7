import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import type { Pool } from 'undici';
import { isMultiModel } from '../../contract/model-containers.ts';
import { MODEL_DIRECTORY, MODELS_DIRECTORY } from '../../contract/paths.ts';
import type { CredentialsHolder } from '../../contract/service-environment.ts';
import { errorMessage } from '../../core/errors.ts';
import { makeBelow, removeTree } from '../../core/tree/index.ts';
import { jobPlace, type PreparedModel, prepareModel } from '../../hosts/index.ts';
import type { EndpointVariant, ProcessIdentity } from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import { gpuCount } from '../gpus.ts';
import { executorForImage } from '../job-container.ts';
import { LogWriter } from '../logs/log-writer.ts';
import { modelDataFailure, pingFailure } from './failure-reasons.ts';
import type { EndpointLimits } from './limits.ts';
import type { ModelCache } from './models/model-cache.ts';
import { exitText, type ServerProcess, startServerProcess } from './server-process.ts';

/** The longest pause before a server that ended is started again, milliseconds. The first time there is none. */
const MAX_RESTART_DELAY_MS = 10_000;
const RESTART_DELAY_MS = 250;
/** A server that ran for so long has recovered. */
const RECOVERED_AFTER_MS = 60_000;

/** What the server of a container is started with. */
export interface ContainerServerOptions {
  readonly context: JobsContext;
  readonly limits: EndpointLimits;
  /** Whose credentials its AWS clients get. */
  readonly holder: CredentialsHolder;
  /** The instance's: `i-0123456789abcdef0`. */
  readonly id: string;
  readonly variant: EndpointVariant;
  readonly container: ContainerDefinition;
  /** Its place in the model, from 0. */
  readonly index: number;
  /** What errors call it: `primary`, or its own name. */
  readonly name: string;
  /** What the container sees as /opt/ml. */
  readonly mlDirectory: string;
  /** The file of its log. */
  readonly logFile: string;
  /** Its process has become another one, or none. */
  readonly onProcess: () => void;
}

/** The model server of one container of an instance: it is started again whenever it ends by itself. */
export class ContainerServer {
  /** What errors call it. */
  readonly name: string;
  readonly #options: ContainerServerOptions;
  readonly #stopping = new AbortController();
  /** With the executor of the container's image, once that is known. */
  #context: JobsContext;
  #log: LogWriter | undefined;
  #model: PreparedModel | undefined;
  #server: ServerProcess | undefined;
  #process: ProcessIdentity | undefined;
  #starting = true;
  #supervised: Promise<void> | undefined;

  constructor(options: ContainerServerOptions) {
    this.#options = options;
    this.#context = options.context;
    this.name = options.name;
  }

  /** Connections to the healthy server; undefined while there is none. */
  get pool(): Pool | undefined {
    return this.#server?.pool;
  }

  /** The models of a healthy server that has many; undefined for every other one. */
  get models(): ModelCache | undefined {
    return this.#server?.models;
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

  /** Ends the server; the log stays. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#server?.stop();
    await this.#supervised;
    await this.#model?.close();
    this.#log?.close();
  }

  async #begin(): Promise<void> {
    await this.#prepare();
    this.#server = await this.#launch();
    this.#starting = false;
  }

  async #prepare(): Promise<void> {
    const { context, container, id, index, mlDirectory, logFile } = this.#options;
    await removeTree(mlDirectory);
    await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
    this.#log ??= new LogWriter({ path: logFile, clock: context.clock });
    const models = isMultiModel(container) ? MODELS_DIRECTORY : MODEL_DIRECTORY;
    await mkdir(mlDirectory, { recursive: true });
    makeBelow(jobPlace(mlDirectory, models)).close();
    const host = { name: id, index, mlDirectory, log: this.#log };
    const executor = await executorForImage(container.Image, context, this.#options.variant.isolated);
    this.#context = { ...context, executor };
    const life = { context: this.#context, stopSignal: this.#stopping.signal };
    try {
      this.#model = await prepareModel(life, host, container);
    } catch (error) {
      const failure = modelDataFailure(container, this.name, error);
      this.#log.note(failure.message);
      throw failure;
    }
  }

  async #launch(): Promise<ServerProcess> {
    const { variant, container, index, name, mlDirectory, limits } = this.#options;
    const { VolumeSizeInGB: ownVolume } = variant.configured;
    const ownSeconds = variant.configured.ContainerStartupHealthCheckTimeoutInSeconds;
    const server = await startServerProcess({
      context: this.#context,
      limits: ownSeconds === undefined ? limits : { ...limits, healthyWithinMs: ownSeconds * 1000 },
      holder: this.#options.holder,
      container,
      index,
      mlDirectory,
      isolated: variant.isolated ?? false,
      gpus: gpuCount(variant.configured.InstanceType),
      maxModelBytes: ownVolume === undefined ? limits.volumeBytes : ownVolume * 1024 ** 3,
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
    throw pingFailure(variant.name, name);
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
