import type { CreateModelInput } from '@aws-sdk/client-sagemaker';
import { defaultRoleArn } from '../../contract/arns.ts';
import type { SageMakerSettings } from '../../core/platforms-settings.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import type { AwsConnection, AwsSite, StagedInputs } from '../aws/aws-site.ts';
import { placeDriver } from '../aws/place-driver.ts';
import type { PlacedModel } from '../aws/place-model.ts';
import { chooseInstanceCount, withInstanceCount } from '../instance-count.ts';
import type { TaskInvocation } from '../platform.ts';
import { needsCodeInModel, resolveImage } from '../request/code.ts';
import { type Driver, driverOf, driverPlan, driveTraining } from '../request/drive-training.ts';
import { buildProcessingRequest } from '../request/processing-request.ts';
import { putSparkConf } from '../request/put-spark-conf.ts';
import type { RequestOptions } from '../request/request-options.ts';
import { buildTrainingRequest } from '../request/training-request.ts';
import { buildTransformRequests } from '../request/transform-request.ts';
import { outputUriUnder } from '../settings/apply-settings.ts';
import { type CheckedRequest, checkRequest } from './check-request.ts';
import { propertyVariables } from './property-variables.ts';

/** A job that is ready to be made, and what has to be brought there before. */
export interface PreparedJob {
  readonly checked: CheckedRequest;
  readonly model?: CreateModelInput;
  /** To be done once, several at a time. */
  readonly bring: readonly ((signal?: AbortSignal) => Promise<void>)[];
  /** To be done once all else is there. */
  readonly bringModel?: (() => Promise<void>) | undefined;
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
  const task = await withCount(invocation.task, { inputs, sizeBytes }, invocation.inputs, site);
  const roleArn = defaultRoleArn(account);
  const image = imageOf(task, { account, roleArn });
  const driver = driverOf(task, image);
  const code = await site.placeCode(task, driver || task.type === 'processing' ? 'files' : 'archive');
  const outputUri = await site.outputUri(outputUriUnder(invocation, settings), invocation.jobName);
  const model = await withCode({ ...invocation, task, inputs }, image, code?.codeUri, site);
  const placed = {
    ...invocation,
    task: withVariables(task),
    inputs: { ...inputs, ...(model && { model: model.uri }) },
    outputUri,
  };
  const options: RequestOptions = {
    account,
    roleArn,
    ...(code && { codeUri: code.codeUri, requirements: code.requirements }),
    codeInModel: model !== undefined,
  };
  const built = await buildRequest(placed, options, driver, site);
  checkRequest(task, built.checked);
  const bringCode = code ? [() => code.bring()] : [];
  const bringConf = () => putSparkConf(placed, account, { store: () => store });
  return { ...built, bring: [...bring, ...bringCode, bringConf, ...built.bring], bringModel: model?.bring };
}

/** Counts what is staged, and what lies there already. */
async function withCount<Task extends EndingJobTask>(
  task: Task,
  { inputs, sizeBytes }: Pick<StagedInputs, 'inputs' | 'sizeBytes'>,
  given: TaskInvocation['inputs'],
  site: AwsSite,
): Promise<Task> {
  if (!task.autoInstanceCount) return task;
  const there = Object.keys(inputs).filter((name) => inputs[name] === given[name]);
  const places = there.map((name) => given[name]).filter((uri) => typeof uri === 'string');
  const listed = await site.sizeOf(places.filter((uri) => uri.startsWith('s3://')));
  const bytes = sizeBytes + (listed ?? 0);
  return withInstanceCount(task, chooseInstanceCount(task, bytes > 0 ? bytes : undefined));
}

function imageOf(task: EndingJobTask, options: RequestOptions): string | undefined {
  const usesExistingModel = task.type === 'batch_transform' && task.modelName !== undefined;
  return task.type === 'processing' || usesExistingModel ? undefined : resolveImage(task, options);
}

/** The model of a batch transform with the task's code in it, where its server looks nowhere else. */
async function withCode(
  { task, inputs }: AppliedInvocation,
  image: string | undefined,
  codeUri: string | undefined,
  site: AwsSite,
): Promise<PlacedModel | undefined> {
  const uri = inputs['model'];
  if (task.type !== 'batch_transform' || image === undefined || codeUri === undefined) return undefined;
  if (typeof uri !== 'string' || !needsCodeInModel(task, image)) return undefined;
  return site.placeModel(`Input 'model' of task '${task.name}'`, uri, codeUri);
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
