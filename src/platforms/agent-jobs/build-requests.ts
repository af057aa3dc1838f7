import type { AgentDocument } from '../../contract/agent-document.ts';
import { SluiceError } from '../../core/errors.ts';
import type { EndingJobTask } from '../../graph/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { buildProcessingRequest } from '../request/processing-request.ts';
import type { RequestOptions } from '../request/request-options.ts';
import { buildTrainingRequest } from '../request/training-request.ts';
import { buildTransformRequests } from '../request/transform-request.ts';
import { propertyVariables } from '../sagemaker/property-variables.ts';

/** What of a job's document its task says. */
export interface AgentRequests {
  readonly jobType: AgentDocument['jobType'];
  readonly request: object;
  readonly model?: object;
}

/** The task with what the status of its job needs, once it has ended. Pure. */
export function withVariables<Task extends EndingJobTask>(task: Task): Task {
  return { ...task, environment: { ...task.environment, ...propertyVariables(task) } };
}

/** The requests of a job that the agent carries out. Pure. @throws SluiceError `InvalidArgument` */
export function buildRequests(
  task: EndingJobTask,
  invocation: TaskInvocation,
  options: RequestOptions,
): AgentRequests {
  if (task.type === 'training')
    return { jobType: 'training', request: buildTrainingRequest(task, invocation, options) };
  if (task.type === 'processing')
    return { jobType: 'processing', request: buildProcessingRequest(task, invocation, options) };
  const { model, job } = buildTransformRequests(task, invocation, options);
  return { jobType: 'transform', request: job, ...(model && { model }) };
}

/** Refuses a model that only SageMaker has. @throws SluiceError `InvalidArgument` */
export function refuseNamedModel(task: EndingJobTask, where: string): void {
  if (task.type !== 'batch_transform' || task.modelName === undefined) return;
  throw new SluiceError(
    'InvalidArgument',
    `Task '${task.name}': modelName: ${where} has no models of its own.`,
    { hint: 'Give the task the model as its input: model, an S3 URI.' },
  );
}

/** Directories that the agent and the user's container share beside /opt/ml. Pure. */
export function sharedPlaces(document: AgentDocument): string[] {
  const outside = placesOf(document).filter(
    (path) => path !== undefined && path !== '/opt/ml' && !path.startsWith('/opt/ml/'),
  );
  return [...new Set(outside as string[])];
}

function placesOf(document: AgentDocument): (string | undefined)[] {
  if (document.jobType === 'training') return [document.request.CheckpointConfig?.LocalPath];
  if (document.jobType === 'transform') return [];
  const { ProcessingInputs: inputs = [], ProcessingOutputConfig: config } = document.request;
  return [
    ...inputs.map(({ S3Input }) => S3Input?.LocalPath),
    ...(config?.Outputs ?? []).map(({ S3Output }) => S3Output?.LocalPath),
  ];
}
