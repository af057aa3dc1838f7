import type { Agent } from 'node:http';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { listeningPorts } from '../../executors/index.ts';
import {
  createServerAgent,
  HEALTHY_WITHIN_MS,
  JobFailure,
  type ModelLife,
  type ModelServer,
  type PreparedModel,
  prepareModel,
  waitUntilHealthy,
} from '../../hosts/index.ts';
import { planServing } from '../images.ts';
import { executorForImage } from '../job-container.ts';
import type { JobHost } from '../job-host.ts';
import type { JobLife } from '../job-life.ts';
import { type HostCommand, type RunningHosts, startHosts } from '../run-hosts.ts';
import type { ProgramLife } from '../toolkit/host-program.ts';
import { releasePort, takeFreePort } from './free-port.ts';
import { bindPort, servingProgram } from './serving-program.ts';
import { takenPortHint } from './taken-port.ts';

/** Between SIGTERM and SIGKILL of a model server, as SageMaker has it, milliseconds. */
const STOP_GRACE_MS = 30_000;

/** The server of one container on one instance. */
interface StartedServer {
  readonly host: JobHost;
  readonly container: ContainerDefinition;
  readonly port: number;
  readonly agent: Agent;
  /** With the executor of the container's image. */
  readonly life: ProgramLife & ModelLife;
}

/** The model servers of a job. */
export interface ModelServers {
  /** One for each instance. */
  readonly servers: readonly ModelServer[];
  /** Rejects when a server has ended by itself. Never resolves before {@link close}. */
  readonly ended: Promise<never>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How to start model servers. */
export interface ModelServersOptions {
  readonly life: JobLife;
  /** The containers of the model, in their order. */
  readonly containers: readonly ContainerDefinition[];
  /** For each instance its hosts, one for each container. */
  readonly instances: readonly (readonly JobHost[])[];
  /** How many GPUs each server gets. @default 0 */
  readonly gpus?: number | undefined;
  /** EnableNetworkIsolation: each container has a network of its own. @default false */
  readonly isolated?: boolean | undefined;
  /** The server's environment on a host, given what the model says and the port. */
  readonly environment: (model: Readonly<Record<string, string>>, port: number) => Record<string, string>;
  /** The FailureReason when a server fails. */
  readonly failureReason: string;
}

/** Brings the model to each host, starts its servers and waits until all are healthy. @throws JobFailure */
export async function startModelServers(options: ModelServersOptions): Promise<ModelServers> {
  const { life, instances } = options;
  const lives = await Promise.all(
    options.containers.map((container) => containerLife(life, container, options.isolated)),
  );
  for (const { Image: image } of options.containers) planServing(image, life.context);
  const agents = instances.map(() => createServerAgent());
  const servers: StartedServer[] = [];
  let models: readonly PreparedModel[] = [];
  let running: RunningHosts | undefined;
  let closing: Promise<void> | undefined;
  const givenUp = new AbortController();
  const close = (): Promise<void> => (closing ??= closeAll(agents, servers, models, running));
  try {
    for (const [instance, hosts] of instances.entries()) {
      for (const [index, host] of hosts.entries()) {
        servers.push({
          host,
          container: options.containers[index] as ContainerDefinition,
          port: await takeFreePort(),
          agent: agents[instance] as Agent,
          life: lives[index] as StartedServer['life'],
        });
      }
    }
    models = await prepareModels(servers);
    const commands = await Promise.all(
      servers.map((server, index) => serverCommand(server, models[index] as PreparedModel, options)),
    );
    life.throwIfStopping();
    const started = await startHosts({ life, commands });
    running = started;
    const shared = servers.some((server) => sharesPorts(server));
    const ended = endedEarly(started, () => closing !== undefined, options.failureReason, shared);
    await Promise.race([
      Promise.all(servers.map((server) => untilHealthy(life, server, started, options, givenUp.signal))),
      ended,
    ]);
    return { servers: instanceServers(instances, servers), ended, close };
  } catch (error) {
    givenUp.abort();
    await close();
    throw error;
  }
}

/** What a container is prepared for: the job, with the executor of its image. */
async function containerLife(
  life: JobLife,
  { Image: image }: ContainerDefinition,
  isolated = false,
): Promise<StartedServer['life']> {
  const executor = await executorForImage(image, life.context, isolated);
  return {
    context: { ...life.context, executor },
    stopSignal: life.stopSignal,
    noteProcesses: (processes) => life.noteProcesses(processes),
  };
}

async function serverCommand(
  { host, container, port, life }: StartedServer,
  { environment: own, mounts }: PreparedModel,
  options: ModelServersOptions,
): Promise<HostCommand> {
  const { Image: image } = container;
  const environment = options.environment(own, bindPort(image, life.context, port));
  const isolation = options.isolated ? { group: host.mlDirectory, port } : undefined;
  const program = await servingProgram(image, { life, host, environment, mounts, port, isolation });
  return { host, isolation, gpus: options.gpus, executor: life.context.executor, ...program };
}

function instanceServers(
  instances: readonly (readonly JobHost[])[],
  servers: readonly StartedServer[],
): ModelServer[] {
  return instances.map((hosts) => {
    const own = servers.filter(({ host }) => hosts.includes(host));
    const { host, agent } = own[0] as StartedServer;
    return { host, agent, ports: own.map(({ port }) => port) };
  });
}

async function prepareModels(servers: readonly StartedServer[]): Promise<PreparedModel[]> {
  const models = await Promise.allSettled(
    servers.map(({ life, host, container }) => prepareModel(life, host, container)),
  );
  const refused = models.find((model) => model.status === 'rejected');
  const ready = models.flatMap((model) => (model.status === 'fulfilled' ? model.value : []));
  if (!refused) return ready;
  await Promise.all(ready.map((model) => model.close()));
  throw refused.reason;
}

async function endedEarly(
  running: RunningHosts,
  closing: () => boolean,
  failureReason: string,
  shared: boolean,
): Promise<never> {
  const ended = (async () => {
    const results = await running.ended;
    if (closing()) return new Promise<never>(() => undefined);
    const hint = shared ? await takenPortHint() : '';
    for (const { host, exitCode } of results)
      host.log.note(`The model server ended with exit code ${exitCode}.${hint}`);
    throw new JobFailure(failureReason);
  })();
  ended.catch(() => undefined);
  return ended;
}

async function untilHealthy(
  life: JobLife,
  server: StartedServer,
  running: RunningHosts,
  options: ModelServersOptions,
  givenUp: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([givenUp, life.stopSignal]);
  const pid = running.pidOf(server.host);
  const last = await waitUntilHealthy({
    ...server,
    listening: pid && sharesPorts(server) ? () => listeningPorts(pid) : undefined,
    withinMs: HEALTHY_WITHIN_MS,
    signal,
  });
  life.throwIfStopping();
  if (last === undefined || givenUp.aborted) return;
  server.host.log.note(`The model server did not come to answer /ping: ${last}`);
  throw new JobFailure(options.failureReason);
}

/** A container has ports of its own. */
function sharesPorts({ container, life, port }: StartedServer): boolean {
  return bindPort(container.Image, life.context, port) === port;
}

async function closeAll(
  agents: readonly Agent[],
  servers: readonly StartedServer[],
  models: readonly PreparedModel[],
  running: RunningHosts | undefined,
): Promise<void> {
  for (const agent of agents) agent.destroy();
  await running?.stop(STOP_GRACE_MS);
  await running?.ended.catch(() => undefined);
  for (const { port } of servers) releasePort(port);
  await Promise.all(models.map((model) => model.close()));
}
