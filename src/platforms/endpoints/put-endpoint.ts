import type { DescribeEndpointOutput, SageMakerClient, Tag } from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { isAlreadyThere, isInProgress, isNotThere, scaledVariants } from './endpoint-answers.ts';
import type { EndpointClients } from './endpoint-clients.ts';
import { endpointRequests } from './endpoint-requests.ts';
import type { EndpointSpec } from './endpoint-spec.ts';
import { stopScaling } from './scale-endpoint.ts';

/** How an endpoint is put. */
export interface PutEndpointOptions {
  readonly clients: EndpointClients;
  /** The same twice is one change, whoever asks. */
  readonly key: string;
  /** Of the configuration and the models, beside those of the spec. */
  readonly tags?: readonly Tag[];
  /** `create` refuses where there is one of the name, `update` where there is none. @default either */
  readonly only?: 'create' | 'update' | undefined;
  /** How long a change that is under way is waited for, milliseconds. @default 1800000 */
  readonly busyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was begun. */
export interface PutEndpoint {
  /** The configuration that the endpoint is to have. */
  readonly configName: string;
  /** Whether there was none of the name before. */
  readonly created: boolean;
}

const BUSY_MS = 1_800_000;
const ASK_EVERY_MS = 1000;
/** Others may be quicker so often. */
const ATTEMPTS = 5;

/**
 * Begins to make an endpoint what its spec says: a new one, or the one of its name, which serves meanwhile. One that has
 * failed is made anew.
 *
 * @throws SluiceError `EndpointNameTaken`, `EndpointNotFound`, `EndpointBusy`; what the server refuses with
 */
export async function putEndpoint(spec: EndpointSpec, options: PutEndpointOptions): Promise<PutEndpoint> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await putOnce(spec, options);
    } catch (error) {
      // Somebody else, or the same key, was quicker by a moment: what there is by now is looked at anew.
      const wasQuicker = isAlreadyThere(error) || isInProgress(error);
      if (!wasQuicker || error instanceof SluiceError || attempt === ATTEMPTS) throw error;
    }
  }
}

async function putOnce(spec: EndpointSpec, options: PutEndpointOptions): Promise<PutEndpoint> {
  const sagemaker = await options.clients.sagemaker();
  const requests = endpointRequests(spec, options.key, options.tags);
  const configName = requests.config.EndpointConfigName as string;
  const before = await readyForChange(sagemaker, spec.name, configName, options);
  if (before?.EndpointConfigName === configName) return { configName, created: false };
  expectFitting(spec.name, before, options.only);
  await createParts(sagemaker, requests);
  options.signal?.throwIfAborted();
  if (before) {
    await update(options.clients, spec, configName);
    return { configName, created: false };
  }
  const { CreateEndpointCommand } = await import('@aws-sdk/client-sagemaker');
  const Tags = requests.config.Tags;
  await sagemaker.send(
    new CreateEndpointCommand({
      EndpointName: spec.name,
      EndpointConfigName: configName,
      ...(Tags && { Tags }),
    }),
  );
  return { configName, created: true };
}

/** The endpoint of this name; undefined where there is none. */
export async function findEndpoint(
  sagemaker: SageMakerClient,
  name: string,
): Promise<DescribeEndpointOutput | undefined> {
  const { DescribeEndpointCommand } = await import('@aws-sdk/client-sagemaker');
  try {
    return await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

/** Waits until a change of somebody else is over; what has failed is deleted. Undefined: there is none. */
async function readyForChange(
  sagemaker: SageMakerClient,
  name: string,
  configName: string,
  { busyMs: limitMs = BUSY_MS, signal, only }: PutEndpointOptions,
): Promise<DescribeEndpointOutput | undefined> {
  let found: DescribeEndpointOutput | undefined;
  const ready = await pollUntil(
    async () => {
      found = await findEndpoint(sagemaker, name);
      if (found?.EndpointConfigName === configName) return true;
      if (found?.EndpointStatus === 'Failed' && only !== 'create') await removeFailed(sagemaker, name);
      return found === undefined || found.EndpointStatus === 'InService' || only === 'create';
    },
    { everyMs: ASK_EVERY_MS, limitMs, signal },
  );
  if (ready) return found;
  throw new SluiceError('EndpointBusy', `The endpoint '${name}' is ${found?.EndpointStatus} for too long.`, {
    hint: 'Wait until it is InService, or delete it.',
  });
}

async function removeFailed(sagemaker: SageMakerClient, name: string): Promise<void> {
  const { DeleteEndpointCommand } = await import('@aws-sdk/client-sagemaker');
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: name })).catch((error: unknown) => {
    if (!isInProgress(error) && !isNotThere(error)) throw error;
  });
}

function expectFitting(
  name: string,
  before: DescribeEndpointOutput | undefined,
  only: PutEndpointOptions['only'],
): void {
  if (before && only === 'create') {
    throw new SluiceError(
      'EndpointNameTaken',
      `There is an endpoint '${name}' already: ${before.EndpointStatus}.`,
      {
        hint: `Change it with: sluice endpoints update ${name}; or delete it first.`,
      },
    );
  }
  if (!before && only === 'update') {
    throw new SluiceError('EndpointNotFound', `There is no endpoint '${name}'.`, {
      hint: 'sluice endpoints ls shows those that there are; sluice endpoints create makes one.',
    });
  }
}

async function createParts(
  sagemaker: SageMakerClient,
  { models, config }: ReturnType<typeof endpointRequests>,
): Promise<void> {
  const { CreateEndpointConfigCommand, CreateModelCommand } = await import('@aws-sdk/client-sagemaker');
  for (const model of models) await unlessThere(sagemaker.send(new CreateModelCommand(model)));
  await unlessThere(sagemaker.send(new CreateEndpointConfigCommand(config)));
}

/** By its name, what is there already is the same. */
async function unlessThere(creating: Promise<unknown>): Promise<void> {
  await creating.catch((error: unknown) => {
    if (!isAlreadyThere(error)) throw error;
  });
}

/** Variants that are scaled keep the instances that they have come to. */
async function update(clients: EndpointClients, spec: EndpointSpec, configName: string): Promise<void> {
  const { UpdateEndpointCommand } = await import('@aws-sdk/client-sagemaker');
  const sagemaker = await clients.sagemaker();
  const keepsCounts = spec.variants.every(({ scaling }) => scaling);
  const command = new UpdateEndpointCommand({
    EndpointName: spec.name,
    EndpointConfigName: configName,
    ...(keepsCounts && {
      RetainAllVariantProperties: true,
      ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
    }),
  });
  try {
    await sagemaker.send(command);
  } catch (error) {
    const scaled = scaledVariants(error);
    if (scaled.length === 0) throw error;
    await stopScaling(clients, spec.name, scaled);
    await sagemaker.send(command);
  }
}
