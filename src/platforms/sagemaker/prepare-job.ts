import type { CreateModelInput } from '@aws-sdk/client-sagemaker';
import { defaultRoleArn } from '../../contract/arns.ts';
import type { SageMakerSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import type { AwsConnection, AwsSite } from '../aws/aws-site.ts';
import { placeDriver } from '../aws/place-driver.ts';
import type { TaskInvocation } from '../platform.ts';
import { resolveImage } from '../request/code.ts';
import { type Driver, driverOf, driverPlan, driveTraining } from '../request/drive-training.ts';
import { buildProcessingRequest } from '../request/processing-request.ts';
import { putSparkConf } from '../request/put-spark-conf.ts';
import type { RequestOptions } from '../request/request-options.ts';
import { buildTrainingRequest } from '../request/training-request.ts';
import { buildTransformRequests } from '../request/transform-request.ts';
import { outputUriUnder } from '../settings/apply-settings.ts';
import { type CheckedRequest, checkRequest } from './check-request.ts';
import { chooseInstanceCount } from './choose-instance-count.ts';
import { propertyVariables } from './property-variables.ts';

/** A job that is ready to be made, and what has to be brought there before. */
export interface PreparedJob {
  readonly checked: CheckedRequest;
  readonly model?: CreateModelInput;
  readonly bring: readonly ((signal?: AbortSignal) => Promise<void>)[];
}

/** A call of a task that has its image and what the settings say. */
export type AppliedInvocation = TaskInvocation & { readonly task: EndingJobTask };

type Builds = Pick<PreparedJob, 'checked' | 'model' | 'bring'>;

/** Looks at all that a job needs, and builds its request; nothing is changed. @throws SluiceError with fault `user` */
export async function prepareJob(
  invocation: AppliedInvocation,
  site: AwsSite,
  settings: SageMakerSettings,
): Promise<PreparedJob> {
  const { account, store } = await site.connect();
  const { inputs, sizeBytes, bring } = await site.stage(invocation);
  const task = withCount(invocation.task, sizeBytes);
  const roleArn = defaultRoleArn(account);
  const driver = driverOf(task, imageOf(task, { account, roleArn }));
  const code = await site.placeCode(task, driver || task.type === 'processing' ? 'files' : 'archive');
  const outputUri = await site.outputUri(outputUriUnder(invocation, settings), invocation.jobName);
  const placed = { ...invocation, task: withVariables(task), inputs, outputUri };
  const options: RequestOptions = {
    account,
    roleArn,
    ...(code && { codeUri: code.codeUri, requirements: code.requirements }),
  };
  const built = await buildRequest(placed, options, driver, site);
  checkRequest(task, built.checked);
  const bringCode = code ? [() => code.bring()] : [];
  const bringConf = () => putSparkConf(placed, account, { store: () => store });
  return { ...built, bring: [...bring, ...bringCode, bringConf, ...built.bring] };
}

function withCount<Task extends EndingJobTask>(task: Task, sizeBytes: number): Task {
  if (!task.autoInstanceCount) return task;
  return { ...task, instanceCount: chooseInstanceCount(task, sizeBytes > 0 ? sizeBytes : undefined) };
}

function imageOf(task: EndingJobTask, options: RequestOptions): string | undefined {
  return task.type === 'training' ? resolveImage(task, options) : undefined;
}

/** What the status of the job needs, once it has ended. */
function withVariables<Task extends EndingJobTask>(task: Task): Task {
  return { ...task, environment: { ...task.environment, ...propertyVariables(task) } };
}

async function buildRequest(
  invocation: AppliedInvocation,
  options: RequestOptions,
  driver: Driver | undefined,
  site: AwsSite,
): Promise<Builds> {
  const { task } = invocation;
  switch (task.type) {
    case 'training': {
      const request = buildTrainingRequest(task, invocation, options);
      if (!driver) return { checked: { type: task.type, request }, bring: [] };
      return drivenTraining(invocation, request, {
        driver,
        codeUri: options.codeUri ?? '',
        connection: await site.connect(),
      });
    }
    case 'processing':
      return {
        checked: { type: task.type, request: buildProcessingRequest(task, invocation, options) },
        bring: [],
      };
    case 'batch_transform': {
      const { model, job } = buildTransformRequests(task, invocation, options);
      return { checked: { type: task.type, request: job }, ...(model && { model }), bring: [] };
    }
  }
}

async function drivenTraining(
  { task }: AppliedInvocation,
  request: Extract<CheckedRequest, { type: 'training' }>['request'],
  {
    driver,
    codeUri,
    connection,
  }: { readonly driver: Driver; readonly codeUri: string; readonly connection: AwsConnection },
): Promise<Builds> {
  const placed = await placeDriver(driver, driverPlan(task.script?.entry ?? '', request), connection);
  const driven = driveTraining(task, request, driver, { codeUri, driverUri: placed.driverUri });
  return { checked: { type: 'training', request: driven }, bring: [() => placed.bring()] };
}
