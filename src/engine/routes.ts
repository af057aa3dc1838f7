import { SluiceError } from '../core/errors.ts';
import type { JobTask, WorkflowGraph } from '../graph/index.ts';
import { type Platform, withInstanceCount } from '../platforms/index.ts';
import type { Place, RunPlan } from '../platforms/router/index.ts';

/** By node, the places that its job is tried on, in their order. Those without are as their tasks say. */
export type Routes = ReadonlyMap<string, readonly Place[]>;

/** Nobody has chosen anything. */
export const NO_ROUTES: Routes = new Map();

/** The part of a plan that this engine can follow. */
export interface RouteOptions {
  readonly plan: RunPlan | undefined;
  readonly graph: WorkflowGraph;
  readonly platforms: Readonly<Record<string, Platform>>;
}

/**
 * The routes of a plan. A platform that comes later in the order and is not there is left out.
 *
 * @throws SluiceError `InvalidArgument` where the chosen one is not there
 */
export function routesOf({ plan, graph, platforms }: RouteOptions): Routes {
  if (!plan) return NO_ROUTES;
  const routes = new Map<string, readonly Place[]>();
  for (const { step, task, chosen, places } of plan.steps) {
    if (graph.tasks[task]?.type === 'function') continue;
    const here = places.filter(({ platform }) => Object.hasOwn(platforms, platform));
    if (here[0]?.platform !== chosen.platform) throw notBuilt(step, chosen.platform, platforms);
    routes.set(step, here);
  }
  return routes;
}

function notBuilt(step: string, platform: string, platforms: RouteOptions['platforms']): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `Step '${step}' would run on '${platform}', which this version can plan with, and not run on yet.`,
    {
      hint: `Here are: ${Object.keys(platforms).join(', ')}. Name one in the task (platform), or take '${platform}' out of \`platforms:\`.`,
    },
  );
}

/** What was planned is what is asked for. SageMaker's names of instance types are the tasks' own. */
function withMachinesOf<Task extends JobTask>(
  task: Task,
  { platform, instanceType, instancePreferences = [], instanceCount }: Place,
): Task {
  if (platform !== 'sagemaker') return task;
  return withInstanceCount({ ...task, instanceType, instancePreferences }, instanceCount);
}

/** A job's task as it is submitted at a place. Pure. */
export function taskAt(task: JobTask, place: Place | undefined): JobTask {
  if (!place) return task;
  const at = withMachinesOf({ ...task, platform: place.platform }, place);
  if (at.type !== 'training') return task.spot === undefined ? at : { ...at, spot: place.spot };
  const { maxWaitTimeInSeconds, ...training } = at;
  // Said either way, so that no setting decides otherwise.
  if (!place.spot) return { ...training, enableManagedSpotTraining: false, spot: false };
  return {
    ...training,
    spot: true,
    enableManagedSpotTraining: true,
    maxWaitTimeInSeconds: maxWaitTimeInSeconds ?? training.maxRuntimeInSeconds,
  };
}
