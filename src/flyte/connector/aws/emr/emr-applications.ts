import { createHash } from 'node:crypto';
import { SluiceError } from '../../../../core/errors.ts';
import { describeValue } from '../../../../core/json-problem.ts';
import { canonicalJson, type Json } from '../../../../graph/index.ts';
import type { FlyteTask } from '../../flyte-task.ts';
import { recordOf } from '../../runs/job-task.ts';
import type { ConnectorContext } from '../../task-type.ts';
import type { Description } from '../job-results.ts';
import type { ServiceApi } from '../service-api.ts';
import { isScript, tagsOf } from './emr-request.ts';

/** Where flytekit's connector has its policy: whether tasks may have applications made, and what their names begin with. */
const MAY_CREATE = 'FLYTE_EMR_ALLOW_CREATE_APPLICATION';
const NAME_PREFIX = 'FLYTE_EMR_APPLICATION_NAME_PREFIX';
/** By default of flytekit's plugin. */
const RELEASE = 'emr-7.0.0';
const BASE_IMAGE = 'public.ecr.aws/emr-serverless/spark/emr-7.0.0:latest';

/**
 * The application that a task runs on, with its image: the one that it names by id or name, else one that is made.
 *
 * @throws SluiceError `InvalidArgument`, `NotAllowed`
 */
export async function applicationOf(
  task: FlyteTask,
  api: ServiceApi,
  context: ConnectorContext,
): Promise<string> {
  const { application_id: given, application_name: name } = task.custom;
  if (given === undefined || given === null || given === '')
    return namedApplication(task, api, context, name);
  if (typeof given !== 'string')
    throw new SluiceError(
      'InvalidArgument',
      `custom.application_id: expected a text, got ${describeValue(given)}.`,
    );
  const id = /^[0-9a-z]+$/.test(given) ? given : await findByName(api, given);
  if (id === undefined)
    throw new SluiceError('InvalidArgument', `There is no application of EMR Serverless called '${given}'.`, {
      hint: 'custom.application_id has to be the id or name of one in this account and region: aws emr-serverless list-applications.',
    });
  if (task.custom['sync_image'] !== false) await syncImage(task, api, context, id);
  return id;
}

/** Whether an application runs jobs now; one that has stopped is started. @throws SluiceError `InvalidArgument` once it is gone */
export async function isStarted(api: ServiceApi, applicationId: string): Promise<boolean> {
  const state = String((await describe(api, applicationId))['state']);
  if (state === 'STARTED') return true;
  if (state === 'TERMINATED')
    throw new SluiceError(
      'InvalidArgument',
      `The application ${applicationId} of EMR Serverless is TERMINATED.`,
      {
        hint: 'Name another one in application_id.',
      },
    );
  if (state === 'CREATED' || state === 'STOPPED') await api.send('StartApplication', { applicationId });
  return false;
}

async function namedApplication(
  task: FlyteTask,
  api: ServiceApi,
  context: ConnectorContext,
  name: Json | undefined,
): Promise<string> {
  if (typeof name !== 'string' || name === '')
    throw new SluiceError('InvalidArgument', 'custom: it has neither application_id nor application_name.', {
      hint: 'Set application_id to an application of EMR Serverless, by id or name.',
    });
  const prefix = context.environment[NAME_PREFIX]?.trim() ?? '';
  const own = name.startsWith(prefix) ? name : `${prefix}${name}`;
  const found = await findByName(api, own);
  if (found !== undefined) return found;
  if (context.environment[MAY_CREATE]?.trim().toLowerCase() !== 'true')
    throw new SluiceError('NotAllowed', `There is no application '${own}', and this connector makes none.`, {
      hint: `Set application_id to one that there is, or have ${MAY_CREATE}=true set for the connector.`,
    });
  context.allowances.check(task, { operations: ['emr-serverless:CreateApplication'] });
  const request = api.request('CreateApplication', createRequest(task, own));
  return String((await api.send('CreateApplication', request))['applicationId']);
}

function createRequest(task: FlyteTask, name: string): Json {
  const { custom } = task;
  const image = imageOf(task) ?? (isScript(task) ? undefined : BASE_IMAGE);
  const optional = {
    initialCapacity: custom['initial_capacity'],
    maximumCapacity: custom['maximum_capacity'],
    networkConfiguration: custom['network_configuration'],
    architecture: custom['architecture'],
    runtimeConfiguration: custom['runtime_configuration'],
    schedulerConfiguration: custom['scheduler_configuration'],
    autoStopConfiguration: custom['auto_stop_config'],
  };
  const request: Json = {
    name,
    releaseLabel: custom['release_label'] ?? RELEASE,
    type: custom['application_type'] ?? 'SPARK',
    tags: tagsOf(custom),
    ...(image !== undefined && { imageConfiguration: { imageUri: image } }),
    ...Object.fromEntries(
      Object.entries(optional).flatMap(([key, value]) =>
        value === undefined || value === null ? [] : [[key, value]],
      ),
    ),
  };
  // Two attempts that ask for the same at once make one.
  return { ...request, clientToken: createHash('sha256').update(canonicalJson(request)).digest('hex') };
}

/** The image that a task wants its application to have: a script runs in the one that there is. */
function imageOf(task: FlyteTask): string | undefined {
  const own = recordOf(task.custom['image_configuration'])['imageUri'];
  if (isScript(task)) return typeof own === 'string' ? own : undefined;
  return task.container?.image || (typeof own === 'string' ? own : undefined);
}

async function syncImage(
  task: FlyteTask,
  api: ServiceApi,
  context: ConnectorContext,
  applicationId: string,
): Promise<void> {
  const imageUri = imageOf(task);
  if (imageUri === undefined) return;
  const known = (await describe(api, applicationId))['imageConfiguration'] as Description | undefined;
  if (known?.['imageUri'] === imageUri) return;
  context.allowances.check(task, { operations: ['emr-serverless:UpdateApplication'] });
  await api.send('UpdateApplication', { applicationId, imageConfiguration: { imageUri } });
}

async function describe(api: ServiceApi, applicationId: string): Promise<Description> {
  return ((await api.send('GetApplication', { applicationId }))['application'] ?? {}) as Description;
}

async function findByName(api: ServiceApi, name: string): Promise<string | undefined> {
  const states = ['CREATING', 'CREATED', 'STARTING', 'STARTED', 'STOPPING', 'STOPPED'];
  let nextToken: unknown;
  do {
    const page = await api.send('ListApplications', {
      states,
      ...(nextToken !== undefined && { nextToken }),
    });
    const listed = (page['applications'] ?? []) as readonly Description[];
    const found = listed.find((each) => each['name'] === name);
    if (found) return String(found['id']);
    nextToken = page['nextToken'];
  } while (nextToken !== undefined);
  return undefined;
}
