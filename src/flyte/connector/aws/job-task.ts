import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import { isEndedJob, isTakenName, isUnknownJob } from '../../../platforms/sagemaker/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { AsyncTaskType, ConnectorContext, TaskLogLine, TaskState } from '../task-type.ts';
import { awsAccess, regionOf } from './aws-accesses.ts';
import { type JobKind, jobLinks, jobState } from './job-kinds.ts';
import { readJobLog } from './job-log.ts';
import { markOf, renderJob } from './job-request.ts';
import type { Description } from './job-results.ts';
import { type ServiceApi, serviceApi } from './service-api.ts';
import {
  ATTEMPTS,
  asUnavailable,
  isPassing,
  isWithoutRoom,
  ROOM_LIMIT_MS,
  unsupportedHere,
} from './troubles.ts';
import { wantedByRequest } from './wanted-by-request.ts';

/** What finds a job again. */
interface JobReference {
  readonly name: string;
  readonly region?: string;
  /** The request, where AWS could not be asked: it is made when the job is asked for. */
  readonly pending?: Json;
  /** Since when it waits, milliseconds since 1970. */
  readonly since?: number;
  /** Whether its name says that it is this attempt's. */
  readonly named: boolean;
  /** What of its environment says so. */
  readonly mark?: string;
}

/**
 * A task whose configuration is a request of boto3 for one of SageMaker's jobs. The job is asked for directly: what finds it
 * again is its name, which follows from the attempt.
 *
 * By design: a request that AWS has no time or room for waits with the task, which then is queued; it fails once there was
 * no room for half an hour.
 */
export function jobTaskType(kind: JobKind): AsyncTaskType {
  return {
    create: (task, context) => createJob(kind, task, context),
    get: (handle, context) => getJob(kind, handle as unknown as JobReference, context),
    delete: (handle, context) => stopJob(kind, handle as unknown as JobReference, context),
    logs: (handle, context, cursor) => logOf(kind, handle as unknown as JobReference, context, cursor),
    metrics: (handle, context) => metricsOf(kind, handle as unknown as JobReference, context),
  };
}

async function createJob(kind: JobKind, task: FlyteTask, context: ConnectorContext): Promise<Json> {
  const region = regionOf(task);
  const api = await apiOf(context, region);
  const { request, ...own } = renderJob(kind, task, api);
  context.allowances.check(task, wantedByRequest(request));
  const fitted = api.request(`Create${kind.operations}`, request);
  const reference: JobReference = { ...own, ...(region !== undefined && { region }) };
  try {
    await submit(kind, api, fitted, reference);
    return reference as unknown as Json;
  } catch (error) {
    if (!isPassing(error) && !isWithoutRoom(error)) throw asUnavailable(error);
    context.log(`${own.name} waits: ${(error as Error).message}`);
    return { ...reference, pending: request, since: context.clock().getTime() };
  }
}

/** "Already exists" of this attempt is what was asked for: a create that is repeated. */
async function submit(
  kind: JobKind,
  api: ServiceApi,
  request: object,
  reference: JobReference,
): Promise<void> {
  try {
    await api.send(`Create${kind.operations}`, request);
  } catch (error) {
    if (!isTakenName(error)) throw unsupportedHere(error, api.aws, kind.operations);
    if (!reference.named) expectOwn(kind, reference, await describe(kind, api, reference.name));
  }
}

/** @throws SluiceError `JobNameTaken` for the job of another attempt, whose name is the same */
function expectOwn(kind: JobKind, { name, named, mark }: JobReference, job: Description): void {
  if (named || (mark !== undefined && markOf(kind, job) === mark)) return;
  throw new SluiceError(
    'JobNameTaken',
    `SageMaker has a job '${name}' already, which another task has made.`,
    {
      hint: `Put {idempotence_token} into config.${kind.nameMember}, so that each attempt has a job of its own.`,
    },
  );
}

async function getJob(kind: JobKind, reference: JobReference, context: ConnectorContext): Promise<TaskState> {
  const { name, pending } = reference;
  try {
    const api = await apiOf(context, reference.region);
    const links = api.aws.isAws ? jobLinks(kind, name, api.region) : [];
    const job = await describe(kind, api, name).catch((error: unknown) => {
      if (pending !== undefined && isUnknownJob(error)) return undefined;
      throw error;
    });
    if (!job) return await submitPending(kind, api, reference, context);
    if (pending !== undefined) expectOwn(kind, reference, job);
    return { ...(await stateOf(kind, api, job)), links };
  } catch (error) {
    throw asUnavailable(error);
  }
}

async function submitPending(
  kind: JobKind,
  api: ServiceApi,
  reference: JobReference,
  { clock }: ConnectorContext,
): Promise<TaskState> {
  const { name, pending = null, since = 0 } = reference;
  try {
    await submit(kind, api, api.request(`Create${kind.operations}`, pending), reference);
    return { phase: 'INITIALIZING', info: { job: name } };
  } catch (error) {
    if (!isPassing(error) && !isWithoutRoom(error)) throw error;
    const { message } = error as Error;
    if (isWithoutRoom(error) && clock().getTime() - since > ROOM_LIMIT_MS)
      return { phase: 'RETRYABLE_FAILED', message };
    return { phase: 'QUEUED', message, info: { job: name, waits: message } };
  }
}

async function stateOf(kind: JobKind, api: ServiceApi, job: Description): Promise<TaskState> {
  const { phase, message } = jobState(kind, job);
  const info = { job: String(job[kind.nameMember]), ...(message !== undefined && { status: message }) };
  if (phase !== 'SUCCEEDED') return { phase, ...(message !== undefined && { message }), info };
  const best = (job['BestTrainingJob'] as Description | undefined)?.['TrainingJobName'];
  const model =
    best === undefined ? undefined : await api.send('DescribeTrainingJob', { TrainingJobName: best });
  return { phase, outputs: { result: kind.result(job, model) }, info };
}

async function stopJob(
  kind: JobKind,
  { name, region }: JobReference,
  context: ConnectorContext,
): Promise<void> {
  const api = await apiOf(context, region);
  try {
    await api.send(`Stop${kind.operations}`, { [kind.nameMember]: name });
  } catch (error) {
    if (!isUnknownJob(error) && !isEndedJob(error)) throw asUnavailable(error);
  }
}

async function* logOf(
  { logGroup }: JobKind,
  { name, region }: JobReference,
  context: ConnectorContext,
  cursor: string | undefined,
): AsyncGenerator<TaskLogLine> {
  if (logGroup === undefined) return;
  const api = await serviceApi(await accessOf(context, region), 'logs', ATTEMPTS);
  yield* readJobLog({ api, logGroup, name, cursor });
}

async function metricsOf(
  kind: JobKind,
  { name, region }: JobReference,
  context: ConnectorContext,
): Promise<Readonly<Record<string, number>>> {
  const { FinalMetricDataList: metrics = [] } = (await describe(
    kind,
    await apiOf(context, region),
    name,
  )) as {
    readonly FinalMetricDataList?: readonly { readonly MetricName: string; readonly Value: number }[];
  };
  return Object.fromEntries(metrics.map(({ MetricName, Value }) => [MetricName, Value]));
}

function describe(kind: JobKind, api: ServiceApi, name: string): Promise<Description> {
  return api.send(`Describe${kind.operations}`, { [kind.nameMember]: name });
}

async function apiOf(context: ConnectorContext, region: string | undefined): Promise<ServiceApi> {
  return serviceApi(await accessOf(context, region), 'sagemaker', ATTEMPTS);
}

function accessOf(context: ConnectorContext, region: string | undefined): ReturnType<typeof awsAccess> {
  return awsAccess(context, { service: 'sagemaker', region });
}
