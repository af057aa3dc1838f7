import { createHash } from 'node:crypto';
import type { Json } from '../../../../graph/index.ts';
import { attemptKey, type FlyteTask } from '../../flyte-task.ts';
import { functionEnd, functionError } from '../../runs/function-data.ts';
import type { AsyncTaskType, ConnectorContext, TaskState } from '../../task-type.ts';
import { awsAccess, regionOf } from '../aws-accesses.ts';
import type { JsonRecord } from '../config-of.ts';
import type { Description } from '../job-results.ts';
import { type ServiceApi, serviceApi } from '../service-api.ts';
import { ATTEMPTS, asUnavailable, isPassing, isWithoutRoom, ROOM_LIMIT_MS } from '../troubles.ts';
import { wantedByRequest } from '../wanted-by-request.ts';
import { applicationOf, isStarted } from './emr-applications.ts';
import { jobRequest } from './emr-request.ts';
import { jobStateOf, linksOf } from './emr-state.ts';
import { functionPlaces, objectReader, placeFunction } from './place-function.ts';
import { findJob, isUnknown } from './started-jobs.ts';

/** What finds a job again. */
interface EmrReference {
  readonly application: string;
  readonly region?: string;
  readonly job?: string;
  /** The request, where the application was not started yet, or AWS had no time. */
  readonly pending?: JsonRecord;
  /** When it was asked for, milliseconds since 1970. */
  readonly since: number;
  /** Of a function's values, without trailing slash. */
  readonly store?: string;
}

/**
 * A job of EMR Serverless: flytekit's `emr_serverless`, a script of Spark's or Hive's, or a function.
 *
 * By design: the token of its request follows from the attempt, so that a repeated create is one job and a retry a new one;
 * a job whose application has still to start waits with its task.
 */
export const emrServerlessTaskType: AsyncTaskType = {
  create: (task, context) => createJob(task, context).catch(rethrown),
  get: (handle, context) => getJob(handle as unknown as EmrReference, context).catch(rethrown),
  delete: (handle, context) => cancelJob(handle as unknown as EmrReference, context).catch(rethrown),
};

function rethrown(error: unknown): never {
  throw asUnavailable(error);
}

async function createJob(task: FlyteTask, context: ConnectorContext): Promise<Json> {
  const region = regionOf({ ...task, inputs: {} });
  const api = await apiOf(context, region);
  const token = createHash('sha256')
    .update(task.attempt ? attemptKey(task.attempt) : task.outputPrefix)
    .digest('hex');
  const places = functionPlaces(task, token, context);
  const request = jobRequest(task, token, places);
  context.allowances.check(task, wantedByRequest(request));
  const application = await applicationOf(task, api, context);
  if (places) await placeFunction(task, places, await accessOf(context, region));
  const reference: EmrReference = {
    application,
    since: context.clock().getTime(),
    ...(region !== undefined && { region }),
    ...(places && { store: places.store }),
  };
  const fitted = api.request('StartJobRun', { ...request, applicationId: application });
  try {
    if (!(await isStarted(api, application))) return { ...reference, pending: request };
    const { jobRunId } = await api.send('StartJobRun', fitted);
    return { ...reference, job: String(jobRunId) };
  } catch (error) {
    if (!isPassing(error) && !isWithoutRoom(error)) throw error;
    context.log(`${String(request['name'])} waits: ${error.message}`);
    return { ...reference, pending: request };
  }
}

async function getJob(reference: EmrReference, context: ConnectorContext): Promise<TaskState> {
  const { application, region, store } = reference;
  const api = await apiOf(context, region);
  const started = await startedJob(reference, api, context);
  if (typeof started !== 'string') return started;
  const { jobRun = {} } = (await api.send('GetJobRun', {
    applicationId: application,
    jobRunId: started,
  })) as {
    readonly jobRun?: Description;
  };
  const state = jobStateOf(jobRun);
  const shown = { links: linksOf(api, application, started, jobRun), info: state.info };
  if (store === undefined) {
    // A script leaves nothing that Flyte could be told of.
    return { ...state, ...shown, ...(state.phase === 'SUCCEEDED' && { literals: {} }) };
  }
  if (state.phase !== 'SUCCEEDED' && state.phase !== 'RETRYABLE_FAILED') return { ...state, ...shown };
  const read = await objectReader(await accessOf(context, region));
  const end =
    state.phase === 'SUCCEEDED'
      ? await functionEnd(read, `${store}/out`)
      : ((await functionError(read, `${store}/out`)) ?? state);
  return { ...end, ...shown };
}

/** The id of the job, which is asked for where it was not yet; else how its task stands meanwhile. */
async function startedJob(
  { application, job, pending = {}, since }: EmrReference,
  api: ServiceApi,
  context: ConnectorContext,
): Promise<string | TaskState> {
  if (job !== undefined) return job;
  const name = String(pending['name']);
  const known = await findJob(api, { application, name, since });
  if (known !== undefined) return known;
  try {
    if (!(await isStarted(api, application)))
      return { phase: 'INITIALIZING', info: { application, status: 'the application starts' } };
    const request = api.request('StartJobRun', { ...pending, applicationId: application });
    return String((await api.send('StartJobRun', request))['jobRunId']);
  } catch (error) {
    if (!isPassing(error) && !isWithoutRoom(error)) throw error;
    const { message } = error;
    if (isWithoutRoom(error) && context.clock().getTime() - since > ROOM_LIMIT_MS)
      return { phase: 'RETRYABLE_FAILED', message };
    return { phase: 'QUEUED', message, info: { application, waits: message } };
  }
}

async function cancelJob(reference: EmrReference, context: ConnectorContext): Promise<void> {
  const { application, job, pending, since, region } = reference;
  const api = await apiOf(context, region);
  const jobRunId = job ?? (await findJob(api, { application, name: String(pending?.['name']), since }));
  if (jobRunId === undefined) return;
  try {
    await api.send('CancelJobRun', { applicationId: application, jobRunId });
  } catch (error) {
    if (isUnknown(error)) return;
    const { jobRun = {} } = (await api.send('GetJobRun', { applicationId: application, jobRunId })) as {
      readonly jobRun?: Description;
    };
    if (!/^(?:SUCCESS|FAILED|CANCELLING|CANCELLED)$/.test(String(jobRun['state']))) throw error;
  }
}

async function apiOf(context: ConnectorContext, region: string | undefined): Promise<ServiceApi> {
  return serviceApi(await accessOf(context, region), 'emr-serverless', ATTEMPTS);
}

function accessOf(context: ConnectorContext, region: string | undefined): ReturnType<typeof awsAccess> {
  return awsAccess(context, { service: 'emr', region });
}
