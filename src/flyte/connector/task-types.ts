import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import { awsTaskTypes, batchTaskTypes } from './aws/task-types.ts';
import type { FlyteTask } from './flyte-task.ts';
import { planFunction, runsContainer } from './runs/function-task.ts';
import { jobGraph } from './runs/job-graph.ts';
import { planJob } from './runs/job-task.ts';
import { planPipeline } from './runs/pipeline.ts';
import { type PlannedRun, runTaskType } from './runs/run-task-type.ts';
import type { AsyncTaskType, TaskTypeHandler } from './task-type.ts';

/** Every task type that a connector with these platforms serves, by its name with Flyte; all are of version 0. */
export function flyteTaskTypes(platforms: PlatformsSettings): Readonly<Record<string, TaskTypeHandler>> {
  return { ...TASK_TYPES, ...batchTaskTypes(platforms) };
}

const TASK_TYPES: Readonly<Record<string, TaskTypeHandler>> = {
  sluice_training: jobType('training'),
  sluice_processing: jobType('processing'),
  sluice_batch_transform: jobType('batch_transform'),
  sluice_endpoint: jobType('endpoint'),
  sluice_spark: runTaskType((task, store) => planOf(withSpark(task), 'processing', store)),
  sluice_pipeline: runTaskType(planPipeline),
  ...awsTaskTypes,
};

function jobType(type: Parameters<typeof planJob>[1]): AsyncTaskType {
  return runTaskType((task, store) => planOf(task, type, store));
}

/** What registration writes has the graph of its one node; what people write has the task alone. */
function planOf(task: FlyteTask, type: Parameters<typeof planJob>[1], store: string): PlannedRun {
  if (task.custom['graph'] !== undefined) return planPipeline(task);
  if ((type === 'training' || type === 'processing') && runsContainer(task)) {
    const { inputs, ...planned } = planFunction(task, type, store);
    return { graph: jobGraph({ ...planned, inputs }), inputs, functionStore: store };
  }
  const planned = planJob(task, type);
  return { graph: jobGraph(planned), inputs: planned.inputs };
}

/** A processing job whose script is a Spark application. */
function withSpark(task: FlyteTask): FlyteTask {
  const { task: own } = task.custom;
  if (typeof own !== 'object' || own === null || Array.isArray(own)) return task;
  return { ...task, custom: { ...task.custom, task: { framework: 'spark', spark: {}, ...(own as object) } } };
}
