import { join } from 'node:path';
import type { Pool } from 'undici';
import { containerNames, hasOneContainer, type ModelContainers } from '../../contract/model-containers.ts';
import { removeTree } from '../../core/tree/index.ts';
import type { EndpointVariant, ProcessIdentity } from '../../state/index.ts';
import { ContainerServer, type ContainerServerOptions } from './container-server.ts';

/** What an instance is started with. */
export interface InstanceOptions
  extends Pick<ContainerServerOptions, 'context' | 'limits' | 'holder' | 'id' | 'variant' | 'onProcess'> {
  /** The endpoint's own: data and logs of its instances lie below `<directory>/<variant>`. */
  readonly directory: string;
}

/** The directories that the model servers of an instance see as /opt/ml, in the instance's own. */
export function mlDirectoriesOf(model: ModelContainers, instanceDirectory: string): string[] {
  if (hasOneContainer(model)) return [join(instanceDirectory, 'opt', 'ml')];
  return containerNames(model).map((name) => join(instanceDirectory, name, 'opt', 'ml'));
}

/** One instance of a variant: a model server for each container of its model. */
export class Instance {
  readonly id: string;
  readonly variant: string;
  /** In the order of the model's containers. */
  readonly servers: readonly ContainerServer[];
  /** Invocations under way. */
  active = 0;
  readonly #data: string;

  constructor({ directory, ...shared }: InstanceOptions) {
    const { id, variant } = shared;
    this.id = id;
    this.variant = variant.name;
    this.#data = join(directory, variant.name, id);
    const mlDirectories = mlDirectoriesOf(variant, this.#data);
    const logFiles = logFilesOf(variant, join(directory, variant.name, 'logs', id));
    this.servers = containerNames(variant).map((name, index) => {
      const container = variant.containers[index] as EndpointVariant['containers'][number];
      const mlDirectory = mlDirectories[index] as string;
      return new ContainerServer({
        ...shared,
        container,
        index,
        name,
        mlDirectory,
        logFile: logFiles[index] as string,
      });
    });
  }

  /** Connections to the healthy server of the first container; undefined while there is none. */
  get pool(): Pool | undefined {
    return this.servers[0]?.pool;
  }

  /** Whether a server is on its way. */
  get starting(): boolean {
    return this.servers.some(({ starting }) => starting);
  }

  get processes(): readonly ProcessIdentity[] {
    return this.servers.flatMap(({ process }) => process ?? []);
  }

  /** Whether these containers, by their places in the model, have healthy servers. */
  isHealthy(containers: readonly number[]): boolean {
    return containers.every((index) => this.servers[index]?.pool !== undefined);
  }

  /** Whether it has loaded a model of a multi-model container, or is about to. */
  hasModel(target: string): boolean {
    return this.servers.some(({ models }) => models?.has(target));
  }

  /** Brings the model and starts the servers; resolves once all are healthy. @throws JobFailure */
  async start(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.start()));
  }

  /** As {@link start}, but does not give up: for an instance that was in service before. */
  revive(): void {
    for (const server of this.servers) server.revive();
  }

  /** Ends the servers and removes the instance's data; its logs stay. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await removeTree(this.#data);
  }
}

/** Of one container `<instance>.log`, of several `<instance>/<container>.log`. */
function logFilesOf(model: ModelContainers, path: string): string[] {
  if (hasOneContainer(model)) return [`${path}.log`];
  return containerNames(model).map((name) => join(path, `${name}.log`));
}
