import { SluiceError } from '../../../core/errors.ts';
import { describeValue } from '../../../core/json-problem.ts';
import type { Json } from '../../../graph/index.ts';
import type { FlyteTask } from '../flyte-task.ts';
import type { PlannedRun } from './run-task-type.ts';

/** A whole graph as one task: `custom.graph`, and `custom.platform` for all its jobs. @throws SluiceError `InvalidArgument` */
export function planPipeline({ custom, inputs }: FlyteTask): PlannedRun {
  const { graph, platform } = custom;
  if (typeof graph !== 'object' || graph === null || Array.isArray(graph))
    throw new SluiceError('InvalidArgument', `custom.graph: expected a graph, got ${describeValue(graph)}.`, {
      hint: 'sluice compile FILE writes one: custom: { graph: { version: 2, … } }.',
    });
  const given = Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== null));
  return { graph: platform === undefined ? graph : onPlatform(graph as Graph, platform), inputs: given };
}

type Graph = { readonly [key: string]: Json };

function onPlatform(graph: Graph, platform: Json): Json {
  const tasks = Object.entries((graph['tasks'] ?? {}) as Graph).map(([name, task]) => [
    name,
    (task as Graph)?.['type'] === 'function' ? task : { ...(task as Graph), platform },
  ]);
  return { ...graph, tasks: Object.fromEntries(tasks) as Graph };
}
