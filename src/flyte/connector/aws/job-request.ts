import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import { attemptKey, type FlyteTask } from '../flyte-task.ts';
import { configOf, isRecord } from './config-of.ts';
import { attemptToken } from './idempotence-token.ts';
import type { JobKind } from './job-kinds.ts';
import type { Description } from './job-results.ts';
import { hasToken, keepToken, renderConfig, renderToken } from './render-config.ts';
import type { ServiceApi } from './service-api.ts';
import { templateValues } from './template-values.ts';

/** The variable that says of which attempt a job is whose name does not. */
const MARK = 'SLUICE_FLYTE_ATTEMPT';

/** What is asked of SageMaker for an attempt. */
export interface JobRequest {
  readonly request: Json;
  readonly name: string;
  /** Whether the name is of this attempt alone. */
  readonly named: boolean;
  /** What its environment is marked with, where the name is not. */
  readonly mark?: string;
}

/** The request for a job, from the configuration of a task. Pure. @throws SluiceError `InvalidArgument` */
export function renderJob(
  kind: JobKind,
  task: FlyteTask,
  api: Pick<ServiceApi, 'region' | 'aws'>,
): JobRequest {
  const config = configOf(task, `Create${kind.operations}`);
  const rendered = renderConfig(config, templateValues(task, api.region)) as Record<string, Json>;
  const token = attemptToken(task.attempt ? attemptKey(task.attempt) : task.outputPrefix, rendered);
  const isNamed = hasToken(config[kind.nameMember] ?? null);
  const request = withRole(kind, task, renderToken(rendered, token, keepToken) as Record<string, Json>, api);
  const name = request[kind.nameMember];
  if (typeof name !== 'string' || name === '')
    throw new SluiceError(
      'InvalidArgument',
      `config.${kind.nameMember} has to be a text, got ${JSON.stringify(name)}.`,
      {
        hint: `Give the job a name, such as 'train-{idempotence_token}'.`,
      },
    );
  if (isNamed) return { request, name, named: true };
  const own = retryName(name, task.attempt?.retryAttempt ?? 0);
  const marked = withMark(kind, { ...request, [kind.nameMember]: own }, token);
  return { ...marked, name: own, named: false };
}

/** A name that is always the same would have a retry find the job that has failed. */
function retryName(name: string, retryAttempt: number): string {
  return retryAttempt === 0 ? name : keepToken(`${name}-{retry}`, '{retry}', String(retryAttempt));
}

function withMark(
  { environment }: JobKind,
  request: Record<string, Json>,
  mark: string,
): { readonly request: Json; readonly mark?: string } {
  if (!environment) return { request };
  const [first = '', ...rest] = environment;
  const set = (value: Json | undefined, path: readonly string[]): Json => {
    const [next, ...after] = path;
    const known = isRecord(value) ? value : {};
    return next === undefined ? { ...known, [MARK]: mark } : { ...known, [next]: set(known[next], after) };
  };
  return { request: { ...request, [first]: set(request[first], rest) }, mark };
}

/** The role of the task, where its configuration leaves it out: Flyte's own, else the settings'. */
function withRole(
  kind: JobKind,
  { template }: FlyteTask,
  request: Record<string, Json>,
  { aws }: Pick<ServiceApi, 'aws'>,
): Record<string, Json> {
  if (!kind.hasRole || request['RoleArn'] !== undefined) return request;
  const settings = aws.settings as { readonly executionRole?: string };
  const role = template.securityContext?.runAs?.iamRole || settings.executionRole;
  return role === undefined ? request : { ...request, RoleArn: role };
}

/** The mark of a job that there is. */
export function markOf({ environment = [] }: JobKind, job: Description): unknown {
  let value: unknown = job;
  for (const member of [...environment, MARK]) value = (value as Description | undefined)?.[member];
  return value;
}
