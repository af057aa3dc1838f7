import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import { isTakenName } from '../../../platforms/sagemaker/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { ConnectorContext, SyncTaskType, TaskState } from '../task-type.ts';
import { awsAccess, regionOf } from './aws-accesses.ts';
import { configOf } from './config-of.ts';
import { configToken } from './idempotence-token.ts';
import { toJson } from './job-results.ts';
import { hasToken, renderConfig, renderToken } from './render-config.ts';
import { type ServiceApi, serviceApi } from './service-api.ts';
import { templateValues } from './template-values.ts';
import { asUnavailable, unsupportedHere } from './troubles.ts';
import { wantedByRequest } from './wanted-by-request.ts';

/** Of what these operations answer, flytekit's connector keeps one member. */
const KEPT: Readonly<Record<string, string>> = {
  CreateModel: 'ModelArn',
  CreateEndpointConfig: 'EndpointConfigArn',
};

/** One request to AWS, named as boto3 names it: flytekit's `boto`. What exists already is what was asked for. */
export const botoTaskType: SyncTaskType = {
  async execute(task, context) {
    try {
      return await execute(task, context);
    } catch (error) {
      throw asUnavailable(error);
    }
  },
};

async function execute(task: FlyteTask, context: ConnectorContext): Promise<TaskState> {
  const [service, method] = [text(task, 'service'), text(task, 'method')];
  const config = configOf(task, method);
  const role = task.template.securityContext?.runAs?.iamRole || undefined;
  const isEmr = service.startsWith('emr');
  if (role !== undefined) context.allowances.check(task, { roles: [role] });
  const aws = await awsAccess(context, {
    service: isEmr ? 'emr' : 'sagemaker',
    region: regionOf(task),
    role,
  });
  const api = await serviceApi(aws, service);
  const operation = operationOf(method, service, api);
  const rendered = renderConfig(config, templateValues(task, api.region));
  const token = hasToken(rendered) ? await configToken(rendered) : '';
  const named = token === '' ? rendered : renderToken(rendered, token);
  context.allowances.check(task, wantedByRequest(named, `${service}:${operation}`));
  const request = api.request(operation, named);
  return {
    phase: 'SUCCEEDED',
    outputs: { result: await resultOf(api, operation, request), idempotence_token: token },
  };
}

async function resultOf(api: ServiceApi, operation: string, request: object): Promise<Json> {
  const member = KEPT[operation];
  try {
    const answer = await api.send(operation, request);
    if (member !== undefined) return { [member]: toJson(answer[member]) };
    const { $metadata, ...result } = answer as { $metadata?: Readonly<Record<string, unknown>> };
    return { ...(toJson(result) as object), ResponseMetadata: metadata($metadata ?? {}) };
  } catch (error) {
    if (!isTakenName(error)) throw unsupportedHere(error, api.aws, operation);
    const arn = /arn:aws[\w-]*:[\w-]+:[\w-]*:\d+:[\w\-/]+/.exec((error as Error).message)?.[0];
    if (arn !== undefined && member !== undefined) return { [member]: arn };
    return { result: arn === undefined ? 'Entity already exists.' : `Entity already exists ${arn}.` };
  }
}

function metadata({ httpStatusCode, requestId, attempts }: Readonly<Record<string, unknown>>): Json {
  return {
    RequestId: toJson(requestId),
    HTTPStatusCode: toJson(httpStatusCode),
    RetryAttempts: typeof attempts === 'number' ? attempts - 1 : 0,
  };
}

/** `create_hyper_parameter_tuning_job` is CreateHyperParameterTuningJob. @throws SluiceError `InvalidArgument` */
function operationOf(method: string, service: string, { operations }: ServiceApi): string {
  const found = operations.find((operation) => methodOf(operation) === method);
  if (found !== undefined) return found;
  const words = method.split('_').slice(1).join('_');
  const like = operations.map(methodOf).filter((each) => words !== '' && each.includes(words));
  throw new SluiceError('InvalidArgument', `boto3's client of '${service}' has no method '${method}'.`, {
    hint:
      like.length > 0
        ? `It has ${like.slice(0, 10).join(', ')}.`
        : 'Take the name that the documentation of boto3 has for it.',
  });
}

/** As botocore makes methods of operations. */
function methodOf(operation: string): string {
  return operation
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function text({ name, custom }: FlyteTask, member: 'service' | 'method'): string {
  const value = custom[member];
  if (typeof value === 'string' && value !== '') return value;
  throw new SluiceError('InvalidArgument', `The task ${name} does not say which ${member} of AWS is meant.`, {
    hint: `custom.${member} has to be a name of boto3's: ${member === 'service' ? 'sagemaker' : 'create_model'}.`,
  });
}
