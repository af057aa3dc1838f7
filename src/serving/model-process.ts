import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from './http-error.ts';

const LOOPBACK = '127.0.0.1';
const PING_INTERVAL_MS = 15;
const PING_TIMEOUT_MS = 2_000;
/** Between SIGTERM and SIGKILL of a model that is unloaded. */
const STOP_GRACE_MS = 10_000;
/** What is kept of what a server says, for the one who asked for it: characters. */
const MAX_SAID = 4_000;

/** What a model's server is started with. */
export interface ModelProcessOptions {
  /** The server of one model. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the model lies. */
  readonly directory: string;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

/** The server of one model, in a process of its own. */
export class ModelProcess {
  readonly port: number;
  readonly agent = new Agent({ keepAlive: true });
  /** Never rejects. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #said = '';

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      this.#said = (this.#said + text).slice(-MAX_SAID);
    });
    this.ended = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    });
    void this.ended.then(() => this.agent.destroy());
  }

  /** Resolves once it answers /ping. @throws HttpError 507 when it had not enough memory, else 500 with what it said */
  static async start(options: ModelProcessOptions): Promise<ModelProcess> {
    const { command, environment, directory, signal } = options;
    const [program, ...parameters] = command;
    const port = await freePort();
    const env = {
      ...environment,
      SM_MODEL_DIR: directory,
      SAGEMAKER_SUBMIT_DIRECTORY: codeDirectory(directory, environment['SAGEMAKER_SUBMIT_DIRECTORY']),
      SAGEMAKER_BIND_TO_PORT: String(port),
      SLUICE_BIND_TO_ADDRESS: LOOPBACK,
    };
    const child = spawn(program, parameters, { env, stdio: ['ignore', 'inherit', 'pipe'] });
    const model = new ModelProcess(port, child);
    try {
      await model.#untilHealthy(signal);
      return model;
    } catch (error) {
      await model.stop();
      throw error;
    }
  }

  /** SIGTERM, after which requests under way are answered; SIGKILL after the grace. Idempotent. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.ended;
    clearTimeout(limit);
  }

  async #untilHealthy(signal: AbortSignal): Promise<void> {
    const given = new AbortController();
    const until = AbortSignal.any([signal, given.signal]);
    try {
      const first = await Promise.race([
        this.ended.then(() => 'ended' as const),
        this.#pingUntilGood(until).then(() => 'healthy' as const),
      ]);
      if (first === 'ended') throw this.#failure();
      signal.throwIfAborted();
    } finally {
      given.abort();
    }
  }

  async #pingUntilGood(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#ping(signal)) return;
      await sleep(PING_INTERVAL_MS);
    }
  }

  #ping(signal: AbortSignal): Promise<boolean> {
    const { port, agent } = this;
    return new Promise((resolve) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PING_TIMEOUT_MS)]);
      const ping = request({ host: LOOPBACK, port, agent, path: '/ping', signal: limit }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      ping.once('error', () => resolve(false));
      ping.end();
    });
  }

  #failure(): HttpError {
    const { exitCode, signalCode } = this.#child;
    // The system kills who takes too much of it.
    const starved = signalCode === 'SIGKILL' || exitCode === 137;
    if (starved || /\bMemoryError\b|heap out of memory/.test(this.#said)) {
      return new HttpError(507, 'There is not enough memory to load the model.');
    }
    const said = this.#said.trim();
    return new HttpError(500, said || `The model's server ended with exit code ${exitCode ?? signalCode}.`);
  }
}

/** The model's own code where it has some, else what the container was given for all models. */
function codeDirectory(directory: string, given: string | undefined): string {
  const own = join(directory, 'code');
  return given !== undefined && !existsSync(own) && existsSync(given) ? given : own;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
