import { errorMessage, SluiceError } from '../../../core/errors.ts';
import { pollUntil } from '../../../core/poll-until.ts';
import type { Json } from '../../../graph/index.ts';
import { isTakenName, isUnknownJob } from '../../../platforms/sagemaker/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { AsyncTaskType, ConnectorContext, TaskState } from '../task-type.ts';
import { awsAccess, closingSignal, regionOf } from './aws-accesses.ts';
import { configOf, isRecord } from './config-of.ts';
import { configToken } from './idempotence-token.ts';
import { toJson } from './job-results.ts';
import { hasToken, renderConfig, renderToken } from './render-config.ts';
import { type ServiceApi, serviceApi } from './service-api.ts';
import { templateValues } from './template-values.ts';
import {
  ATTEMPTS,
  asUnavailable,
  isPassing,
  isWithoutRoom,
  ROOM_LIMIT_MS,
  unsupportedHere,
} from './troubles.ts';
import { wantedByRequest } from './wanted-by-request.ts';

/** What finds an endpoint again. */
interface EndpointReference {
  readonly name: string;
  readonly region?: string;
  /** The request: an endpoint of this name may be being deleted, or AWS without time. */
  readonly request: Json;
  /** When it was asked for, milliseconds since 1970. */
  readonly since: number;
}

/**
 * An endpoint of SageMaker: flytekit's `sagemaker-endpoint`. One that is there already is what was asked for: its name
 * follows from its configuration. One that has failed is deleted, and a retry makes it anew; its configuration and model are
 * those of other tasks, which a retry needs.
 */
export const endpointTaskType: AsyncTaskType = {
  async create(task, context) {
    const region = regionOf(task);
    const api = await apiOf(context, region);
    const { request, name } = await render(task, api);
    context.allowances.check(task, wantedByRequest(request));
    api.request('CreateEndpoint', request);
    const since = context.clock().getTime();
    const reference: EndpointReference = { name, request, since, ...(region !== undefined && { region }) };
    await submit(api, reference).catch((error: unknown) => {
      if (!isPassing(error) && !isWithoutRoom(error)) throw asUnavailable(error);
      context.log(`${name} waits: ${error.message}`);
    });
    return reference as unknown as Json;
  },
  async get(handle, context) {
    try {
      return await getEndpoint(handle as unknown as EndpointReference, context);
    } catch (error) {
      throw asUnavailable(error);
    }
  },
  async delete(handle, context) {
    const { name, region } = handle as unknown as EndpointReference;
    const api = await apiOf(context, region);
    try {
      if (await remove(api, name)) return;
    } catch (error) {
      throw asUnavailable(error);
    }
    const signal = closingSignal(context);
    void pollUntil(() => remove(api, name), { everyMs: 5000, limitMs: BEING_MADE_LIMIT_MS, signal }).catch(
      (error: unknown) => context.log(`The endpoint ${name} may be left: ${errorMessage(error)}`),
    );
  },
};

/** How long an endpoint may be being made, until which AWS does not delete it, milliseconds. */
const BEING_MADE_LIMIT_MS = 60 * 60_000;

/** @returns whether there is none, or soon none; false while it is being made or changed */
async function remove(api: ServiceApi, name: string): Promise<boolean> {
  try {
    await api.send('DeleteEndpoint', { EndpointName: name });
    return true;
  } catch (error) {
    if (isUnknownJob(error)) return true;
    if (isPassing(error) || /in-progress/.test((error as Error).message)) return false;
    throw error;
  }
}

async function render(task: FlyteTask, api: ServiceApi): Promise<{ request: Json; name: string }> {
  const config = configOf(task, 'CreateEndpoint');
  const rendered = renderConfig(config, templateValues(task, api.region));
  const request = hasToken(rendered) ? renderToken(rendered, await configToken(rendered)) : rendered;
  const name = isRecord(request) ? request['EndpointName'] : undefined;
  if (typeof name === 'string' && name !== '') return { request, name };
  throw new SluiceError(
    'InvalidArgument',
    `config.EndpointName has to be a text, got ${JSON.stringify(name)}.`,
  );
}

async function submit(api: ServiceApi, { request }: EndpointReference): Promise<void> {
  try {
    await api.send('CreateEndpoint', api.request('CreateEndpoint', request));
  } catch (error) {
    if (!isTakenName(error)) throw unsupportedHere(error, api.aws, 'Endpoint');
  }
}

async function getEndpoint(reference: EndpointReference, context: ConnectorContext): Promise<TaskState> {
  const { name } = reference;
  const api = await apiOf(context, reference.region);
  const links = api.aws.isAws ? [linkOf(name, api.region)] : [];
  const endpoint = await api.send('DescribeEndpoint', { EndpointName: name }).catch((error: unknown) => {
    if (isUnknownJob(error)) return undefined;
    throw error;
  });
  if (!endpoint) return makeAgain(api, reference, context);
  const status = String(endpoint['EndpointStatus']);
  const info = { endpoint: name, status };
  const result = { EndpointArn: toJson(endpoint['EndpointArn']) };
  if (status === 'InService') return { phase: 'SUCCEEDED', outputs: { result }, links, info };
  if (!status.endsWith('Failed')) return { phase: 'RUNNING', links, info };
  const createdAt = (endpoint['CreationTime'] as Date | undefined)?.getTime() ?? reference.since;
  // It is an earlier attempt's: Flyte has had it deleted, or nobody has.
  if (createdAt < reference.since - CLOCKS_DIFFER_MS) {
    await api.send('DeleteEndpoint', { EndpointName: name });
    return { phase: 'INITIALIZING', links, info };
  }
  const message = `${status}: ${String(endpoint['FailureReason'] ?? 'SageMaker gives no reason')}`;
  // After its last attempt Flyte does not have it deleted. One whose update has failed serves.
  if (status === 'Failed')
    await remove(api, name).catch((error: unknown) =>
      context.log(`The endpoint ${name} may be left: ${errorMessage(error)}`),
    );
  return { phase: 'RETRYABLE_FAILED', message, links, info };
}

/** By how much this machine's clock and AWS's may differ, milliseconds. */
const CLOCKS_DIFFER_MS = 5000;

/** It was not made yet, or the one that had failed is gone. */
async function makeAgain(
  api: ServiceApi,
  reference: EndpointReference,
  { clock }: ConnectorContext,
): Promise<TaskState> {
  const info = { endpoint: reference.name };
  try {
    await submit(api, reference);
    return { phase: 'INITIALIZING', info };
  } catch (error) {
    if (!isPassing(error) && !isWithoutRoom(error)) throw error;
    const { message } = error;
    if (isWithoutRoom(error) && clock().getTime() - reference.since > ROOM_LIMIT_MS)
      return { phase: 'RETRYABLE_FAILED', message };
    return { phase: 'QUEUED', message, info: { ...info, waits: message } };
  }
}

function linkOf(name: string, region: string) {
  const console = `https://${region}.console.aws.amazon.com/sagemaker/home?region=${region}`;
  return { name: 'SageMaker', uri: `${console}#/endpoints/${name}` };
}

async function apiOf(context: ConnectorContext, region: string | undefined): Promise<ServiceApi> {
  return serviceApi(await awsAccess(context, { service: 'sagemaker', region }), 'sagemaker', ATTEMPTS);
}
