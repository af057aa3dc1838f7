import type { Agent } from 'node:http';
import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import { JobFailure } from '../failure.ts';
import { planServing } from '../images.ts';
import { executorForImage } from '../job-container.ts';
import type { JobHost } from '../job-host.ts';
import type { JobLife } from '../job-life.ts';
import { type PreparedModel, prepareModel } from '../model.ts';
import { type RunningHosts, startHosts } from '../run-hosts.ts';
import { releasePort, takeFreePort } from './free-port.ts';
import { createServerAgent } from './http.ts';
import { bindPort, servingProgram } from './serving-program.ts';
import { HEALTHY_WITHIN_MS, waitUntilHealthy } from './wait-until-healthy.ts';

/** Between SIGTERM and SIGKILL of a model server, as SageMaker has it, milliseconds. */
const STOP_GRACE_MS = 30_000;

/** A model server of one host that is healthy. */
export interface ModelServer {
  readonly host: JobHost;
  readonly port: number;
  readonly agent: Agent;
}

/** The model servers of a job. */
export interface ModelServers {
  readonly servers: readonly ModelServer[];
  /** Rejects when a server has ended by itself. Never resolves before {@link close}. */
  readonly ended: Promise<never>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How to start model servers. */
export interface ModelServersOptions {
  readonly life: JobLife;
  readonly hosts: readonly JobHost[];
  readonly container: ContainerDefinition;
  /** The server's environment on a host, given what the model says and the port. */
  readonly environment: (model: Readonly<Record<string, string>>, port: number) => Record<string, string>;
  /** The FailureReason when a server fails. */
  readonly failureReason: string;
}

/** Brings the model to each host, starts its server and waits until all are healthy. @throws JobFailure */
export async function startModelServers(options: ModelServersOptions): Promise<ModelServers> {
  const { life, hosts, container } = options;
  life.runIn(await executorForImage(container.Image, life.context));
  planServing(container.Image, life.context);
  const models = await prepareModels(life, hosts, container);
  const servers: ModelServer[] = [];
  let running: RunningHosts | undefined;
  let closing: Promise<void> | undefined;
  const givenUp = new AbortController();
  const close = (): Promise<void> => (closing ??= closeAll(servers, models, running));
  try {
    for (const host of hosts) servers.push({ host, port: await takeFreePort(), agent: createServerAgent() });
    const commands = await Promise.all(
      servers.map(async ({ host, port }) => {
        const { environment: own, mounts } = models[host.index] as PreparedModel;
        const environment = options.environment(own, bindPort(container.Image, life.context, port));
        return {
          host,
          ...(await servingProgram(container.Image, { life, host, environment, mounts, port })),
        };
      }),
    );
    life.throwIfStopping();
    running = await startHosts({ life, commands });
    const ended = endedEarly(running, () => closing !== undefined, options.failureReason);
    await Promise.race([
      Promise.all(servers.map((server) => untilHealthy(life, server, options, givenUp.signal))),
      ended,
    ]);
    return { servers, ended, close };
  } catch (error) {
    givenUp.abort();
    await close();
    throw error;
  }
}

async function prepareModels(
  life: JobLife,
  hosts: readonly JobHost[],
  container: ContainerDefinition,
): Promise<PreparedModel[]> {
  const models = await Promise.allSettled(hosts.map((host) => prepareModel(life, host, container)));
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
): Promise<never> {
  const ended = (async () => {
    const results = await running.ended;
    if (closing()) return new Promise<never>(() => undefined);
    for (const { host, exitCode } of results)
      host.log.note(`The model server ended with exit code ${exitCode}.`);
    throw new JobFailure(failureReason);
  })();
  ended.catch(() => undefined);
  return ended;
}

async function untilHealthy(
  life: JobLife,
  server: ModelServer,
  options: ModelServersOptions,
  givenUp: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([givenUp, life.stopSignal]);
  const last = await waitUntilHealthy({ ...server, withinMs: HEALTHY_WITHIN_MS, signal });
  life.throwIfStopping();
  if (last === undefined || givenUp.aborted) return;
  server.host.log.note(`The model server did not answer /ping within ${HEALTHY_WITHIN_MS / 1000} s: ${last}`);
  throw new JobFailure(options.failureReason);
}

async function closeAll(
  servers: readonly ModelServer[],
  models: readonly PreparedModel[],
  running: RunningHosts | undefined,
): Promise<void> {
  for (const { agent } of servers) agent.destroy();
  await running?.stop(STOP_GRACE_MS);
  await running?.ended.catch(() => undefined);
  for (const { port } of servers) releasePort(port);
  await Promise.all(models.map((model) => model.close()));
}
