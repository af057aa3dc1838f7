import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import type { Pool } from 'undici';
import { isMultiModel } from '../../contract/model-containers.ts';
import type { Mount } from '../../contract/mount.ts';
import { MODELS_DIRECTORY } from '../../contract/paths.ts';
import type { CredentialsHolder } from '../../contract/service-environment.ts';
import { servingEnvironment } from '../../contract/serving-environment.ts';
import { type Execution, type ExecutionResult, listeningPorts } from '../../executors/index.ts';
import { createServerAgent, jobPlace, waitUntilHealthy } from '../../hosts/index.ts';
import { identifyProcess, type ProcessIdentity } from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import type { LogWriter } from '../logs/log-writer.ts';
import { serviceAccessOf } from '../service-access.ts';
import { releasePort, takeFreePort } from '../serving/free-port.ts';
import { bindPort, servingProgram } from '../serving/serving-program.ts';
import { takenPortHint } from '../serving/taken-port.ts';
import type { EndpointLimits } from './limits.ts';
import { ModelCache } from './models/model-cache.ts';
import { ModelContainer } from './models/model-container.ts';

/** Connections to one model server at once; more requests wait in line. */
const MAX_CONNECTIONS = 256;
const CONNECT_TIMEOUT_MS = 2_000;

/** How to start a model server. */
export interface ServerProcessOptions {
  readonly context: JobsContext;
  readonly limits: EndpointLimits;
  /** Whose credentials its AWS clients get. */
  readonly holder: CredentialsHolder;
  readonly container: ContainerDefinition;
  /** Its place in the model, from 0. */
  readonly index: number;
  readonly mlDirectory: string;
  /** How many GPUs the server gets. */
  readonly gpus: number;
  /** EnableNetworkIsolation. */
  readonly isolated: boolean;
  /** The most that the models of a multi-model container may take on disk, bytes. */
  readonly maxModelBytes: number;
  /** The model's environment and what it needs to see. */
  readonly model: {
    readonly environment: Readonly<Record<string, string>>;
    readonly mounts: readonly Mount[];
  };
  readonly log: LogWriter;
  /** Ends the start. */
  readonly signal: AbortSignal;
  /** Told as soon as the process runs. */
  readonly onProcess: (process: ProcessIdentity | undefined) => void;
}

/** A model server that runs. */
export interface ServerProcess {
  readonly pid: number;
  /** Connections to it. */
  readonly pool: Pool;
  /** Of a multi-model container. */
  readonly models?: ModelCache | undefined;
  /** Never rejects. */
  readonly ended: Promise<ExecutionResult>;
  /** Lets invocations under way end, for as long as the grace; then SIGTERM, and SIGKILL after the grace. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a model server. Resolves with undefined when it ended, or did not come to answer /ping in time. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess | undefined> {
  const { limits, log } = options;
  const port = await takeFreePort();
  let server: ServerProcess;
  try {
    server = await launch(options, port);
  } catch (error) {
    releasePort(port);
    throw error;
  }
  const agent = createServerAgent();
  const given = new AbortController();
  const signal = AbortSignal.any([options.signal, given.signal]);
  try {
    // A container has ports of its own.
    const shared = bindPort(options.container.Image, options.context, port) === port;
    const healthy = waitUntilHealthy({
      agent,
      port,
      ...(shared && {
        listening: () => listeningPorts(server.pid),
      }),
      withinMs: limits.healthyWithinMs,
      signal,
    });
    const ended = server.ended.then(async ({ exitCode }) => {
      const hint = shared ? await takenPortHint() : '';
      return hint === '' ? exitText(exitCode) : `${exitText(exitCode)}.${hint}`;
    });
    const last = await Promise.race([healthy, ended]);
    if (last === undefined) return server;
    if (!options.signal.aborted) log.note(`The model server did not come to answer /ping: ${last}`);
    await server.stop();
    return undefined;
  } finally {
    given.abort();
    agent.destroy();
  }
}

async function launch(options: ServerProcessOptions, port: number): Promise<ServerProcess> {
  const { context, container, model } = options;
  const environment = servingEnvironment({
    modelEnvironment: model.environment,
    region: context.account.region,
    services: serviceAccessOf(context, options.holder, options.isolated),
    port: bindPort(container.Image, context, port),
    multiModel: isMultiModel(container),
  });
  const isolation = options.isolated ? { group: options.mlDirectory, port } : undefined;
  const hostname = `container-${options.index}.local`;
  const program = await servingProgram(container.Image, {
    port,
    life: { context, stopSignal: options.signal },
    host: { name: hostname, mlDirectory: options.mlDirectory, log: options.log },
    environment,
    mounts: model.mounts,
    multiModel: isMultiModel(container),
    isolation,
  });
  const { Pool } = await import('undici');
  const execution = await context.executor.start({
    command: program.command,
    environment: program.environment,
    mounts: program.mounts,
    ...(program.workingDirectory !== undefined && { workingDirectory: program.workingDirectory }),
    ...(program.container && { container: program.container }),
    mlDirectory: options.mlDirectory,
    gpus: options.gpus,
    ...(isolation && { isolation }),
    limits: context.configuration.limits,
    hostname,
    hosts: [hostname],
    onOutput: keepOutput(options.log),
  });
  options.onProcess(identifyProcess(execution.pid));
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: MAX_CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: options.limits.invocationMs,
    bodyTimeout: options.limits.invocationMs,
  });
  return serverProcess(options, execution, pool, port);
}

function serverProcess(
  options: ServerProcessOptions,
  execution: Execution,
  pool: Pool,
  port: number,
): ServerProcess {
  const models = isMultiModel(options.container) ? modelCache(options, pool) : undefined;
  const ended = execution.ended.then(async (result) => {
    options.onProcess(undefined);
    options.log.flush();
    await pool.destroy();
    await models?.close();
    releasePort(port);
    return result;
  });
  return {
    pid: execution.pid,
    pool,
    models,
    ended,
    async stop() {
      await drain(pool, options.limits.stopGraceMs);
      await execution.stop({ graceMs: options.limits.stopGraceMs });
      await ended;
    },
  };
}

/** The models of a multi-model container lie below what ModelDataUrl names. */
function modelCache(options: ServerProcessOptions, pool: Pool): ModelCache {
  const { container, context, limits, mlDirectory, maxModelBytes, log } = options;
  const { realPaths } = context.executor.capabilities;
  return new ModelCache({
    container: new ModelContainer({ pool, mlDirectory, realPaths, limitMs: limits.modelLoadMs }),
    prefix: container.ModelDataUrl ?? container.ModelDataSource?.S3DataSource?.S3Uri ?? '',
    directory: jobPlace(mlDirectory, MODELS_DIRECTORY),
    stores: context.stores,
    maxBytes: maxModelBytes,
    keep: container.MultiModelConfig?.ModelCacheSetting !== 'Disabled',
    limits,
    log,
  });
}

/** Invocations under way come to their end, and idle connections are closed: they must not keep the server. */
async function drain(pool: Pool, limitMs: number): Promise<void> {
  if (pool.closed || pool.destroyed) return;
  const over = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([pool.close().catch(() => undefined), limit]);
  over.abort();
}

/** A log that cannot be written (a full disk) must not end the server. */
function keepOutput(log: LogWriter): (stream: 'stdout' | 'stderr', chunk: Buffer) => void {
  return (stream, chunk) => {
    try {
      log.push(stream, chunk);
    } catch {
      // The lines are lost; later ones may fit again.
    }
  };
}

/** How a server's end is told in its log. */
export function exitText(exitCode: number): string {
  return `it ended with exit code ${exitCode}`;
}
