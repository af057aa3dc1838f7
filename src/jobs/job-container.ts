import { basename, dirname, relative } from 'node:path';
import { clientError } from '../contract/failure-reason.ts';
import { DEFAULT_CONTAINER_SETTINGS, ruleForImage } from '../core/config.ts';
import { type ContainerOptions, type Executor, hasImage, type NetworkIsolation } from '../executors/index.ts';
import { JobFailure } from '../hosts/index.ts';
import type { JobsContext } from './context.ts';
import { localRuntime } from './local-runtime.ts';
import type { PrepareProgramOptions } from './toolkit/host-program.ts';

const CANNOT_ISOLATE =
  "EnableNetworkIsolation: jobs run as plain processes here, which share this machine's network and cannot be kept from it. Install bubblewrap ('sluice doctor' tells what is missing), choose --executor container, or leave EnableNetworkIsolation out.";

/** What decides where an image runs. */
export type ImageContext = Pick<JobsContext, 'executor' | 'containers' | 'configuration'>;

/** What SageMaker says of an image that it cannot get: https://github.com/aws/sagemaker-python-sdk/issues/1968 */
const CANNOT_PULL =
  'Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.';

/**
 * The image of the local engine that stands for an image, or undefined for one that this machine's programs stand
 * for. Pure.
 *
 * @throws JobFailure when the configuration names a container, and another executor was asked for
 */
export function containerImage(image: string | undefined, context: ImageContext): string | undefined {
  const { executor, containers, configuration } = context;
  const rule = image === undefined ? undefined : ruleForImage(configuration.images, image);
  if (rule?.container === undefined) return executor.capabilities.images ? image : undefined;
  if (containers) return rule.container;
  if (rule.command ?? rule.serve ?? rule.framework) return undefined;
  throw new JobFailure(
    clientError(
      `Image '${image}' runs in the container '${rule.container}', as images: says, and jobs run in a ${executor.name} here. Choose --executor auto or container, or name a command too: images: {'${rule.pattern}': {command: [python3, ./program.py]}}.`,
    ),
  );
}

/**
 * What runs the jobs of an image: the executor of all jobs, or containers.
 *
 * @param isolated EnableNetworkIsolation
 * @throws JobFailure when the engine does not have the image, or the executor cannot isolate a job
 * @throws SluiceError `ExecutorUnavailable` when there is no engine
 */
export async function executorForImage(
  image: string | undefined,
  context: ImageContext,
  isolated = false,
): Promise<Executor> {
  const executor = await executorOf(image, context);
  if (isolated && !executor.capabilities.networkIsolation) throw new JobFailure(clientError(CANNOT_ISOLATE));
  return executor;
}

async function executorOf(image: string | undefined, context: ImageContext): Promise<Executor> {
  const real = containerImage(image, context);
  if (real === undefined) {
    if (!context.executor.capabilities.images) return context.executor;
    throw new JobFailure(clientError('A job without an image cannot run in a container. Name its image.'));
  }
  const settings = context.configuration.containers ?? DEFAULT_CONTAINER_SETTINGS;
  if (settings.pull === 'never' && !(await hasImage(real))) {
    throw new JobFailure(clientError(`${CANNOT_PULL} ${howToGet(image as string, real)}`));
  }
  return context.containers ?? context.executor;
}

/** The network of a job that is isolated: its hosts reach each other. */
export function networkIsolation(
  { directory }: { readonly directory: string },
  isolated = false,
): NetworkIsolation | undefined {
  return isolated ? { group: directory } : undefined;
}

/** How to run a host's container. */
export function jobContainer(
  image: string,
  options: Pick<PrepareProgramOptions, 'life' | 'host'> &
    Pick<ContainerOptions, 'keepEntrypoint' | 'port' | 'isolated'>,
): ContainerOptions {
  const { life, host, keepEntrypoint, port, isolated } = options;
  const { home, configuration } = life.context;
  const hostDirectory = dirname(dirname(host.mlDirectory));
  const group = dirname(hostDirectory);
  return {
    image,
    keepEntrypoint,
    port,
    isolated,
    group,
    labels: {
      'sluice.home': home.home,
      'sluice.job': relative(home.jobs, group),
      'sluice.host': basename(hostDirectory),
    },
    settings: configuration.containers ?? DEFAULT_CONTAINER_SETTINGS,
  };
}

function howToGet(image: string, real: string): string {
  const runtime = localRuntime(image);
  if (runtime && image === real) {
    const example = runtime === 'node' ? 'docker.io/library/node:24' : 'docker.io/library/python:3';
    return `Scripts that name no image run in '${image}': name an image that can run them in sluice.yaml: images: {'${image}': {container: '${example}'}}, or choose another executor.`;
  }
  return `Get it (podman pull ${real}, or docker pull ${real}), or name one that is here in sluice.yaml: images: {'${image}': {container: 'localhost/my-image:latest'}}. With containers: {pull: missing} Sluice pulls it.`;
}
