import type { TaskTypeHandler } from '../task-type.ts';
import { botoTaskType } from './boto-task.ts';
import { endpointTaskType } from './endpoint-task.ts';
import { JOB_KINDS } from './job-kinds.ts';
import { jobTaskType } from './job-task.ts';

/** The task types of flytekit's own plugins for AWS, by their names: pipelines that use them need no change. */
export const awsTaskTypes: Readonly<Record<string, TaskTypeHandler>> = {
  ...Object.fromEntries(Object.entries(JOB_KINDS).map(([name, kind]) => [name, jobTaskType(kind)])),
  'sagemaker-endpoint': endpointTaskType,
  boto: botoTaskType,
};
