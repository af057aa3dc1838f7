import type { PlatformsSettings } from '../../../core/platforms-settings.ts';
import { runTaskType } from '../runs/run-task-type.ts';
import type { TaskTypeHandler } from '../task-type.ts';
import { planBatchFunction } from './batch-function.ts';
import { botoTaskType } from './boto-task.ts';
import { emrServerlessTaskType } from './emr/emr-serverless-task.ts';
import { endpointTaskType } from './endpoint-task.ts';
import { JOB_KINDS } from './job-kinds.ts';
import { jobTaskType } from './job-task.ts';
import { planSageMakerFunction } from './sagemaker-function.ts';

/** The task types of flytekit's own plugins for AWS, by their names: pipelines that use them need no change. */
export const awsTaskTypes: Readonly<Record<string, TaskTypeHandler>> = {
  ...Object.fromEntries(Object.entries(JOB_KINDS).map(([name, kind]) => [name, jobTaskType(kind)])),
  'sagemaker-training-task': runTaskType((task, store, platforms) =>
    planSageMakerFunction(task, 'training', store, platforms),
  ),
  'sagemaker-processing-task': runTaskType((task, store, platforms) =>
    planSageMakerFunction(task, 'processing', store, platforms),
  ),
  'sagemaker-endpoint': endpointTaskType,
  emr_serverless: emrServerlessTaskType,
  boto: botoTaskType,
};

/**
 * The task type of Propeller's own plugin for AWS Batch. It is served where the connector has settings of Batch alone: one that
 * lists it would take it away from that plugin.
 */
export function batchTaskTypes({ batch }: PlatformsSettings): Readonly<Record<string, TaskTypeHandler>> {
  return batch ? { 'aws-batch': runTaskType(planBatchFunction) } : {};
}
