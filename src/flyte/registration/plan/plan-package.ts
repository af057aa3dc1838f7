import { createHash } from 'node:crypto';
import { canonicalJson, mapBundles, type WorkflowGraph } from '../../../graph/index.ts';
import type { EntityId, FlytePackage } from './messages.ts';
import { type LaunchPlanOptions, planLaunchPlans } from './plan-launch-plans.ts';
import { type Identify, planTasks } from './plan-tasks.ts';
import { planPipeline, planWorkflow } from './plan-workflow.ts';

/** Where entities are registered. Empty in a package: whoever registers it fills them in. */
export interface EntityPlace {
  readonly project: string;
  readonly domain: string;
}

/** What a workflow is registered with. */
export interface PlanPackageOptions {
  /** The workflow, portable. */
  readonly graph: WorkflowGraph;
  readonly place: EntityPlace;
  /** @default from what is registered: {@link contentVersion} */
  readonly version: string;
  /** The image with Node and Sluice that functions run in. Not needed with `pipeline`. */
  readonly image?: string | undefined;
  /** One task that runs the whole graph, in place of a node for each of its own. @default false */
  readonly pipeline?: boolean | undefined;
  readonly launchPlan?: LaunchPlanOptions | undefined;
}

/**
 * What a workflow becomes in Flyte. Pure.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function planPackage(options: PlanPackageOptions): FlytePackage {
  const { graph, place, version, image, pipeline = false, launchPlan = {} } = options;
  const identify: Identify = (resourceType: EntityId['resourceType'], name) => ({
    resourceType,
    ...place,
    name,
    version,
  });
  const launchPlans = planLaunchPlans(graph, identify, launchPlan);
  if (pipeline) return { ...planPipeline(graph, identify), launchPlans };
  const { tasks, nodes } = planTasks({ graph, identify, image });
  const planned = planWorkflow(graph, nodes, identify);
  return { tasks: [...tasks, ...planned.tasks], workflow: planned.workflow, launchPlans };
}

/** How many digits of the digest tell versions apart. */
const VERSION_DIGITS = 20;

/** A version that follows from what is registered, wherever its code was put: the same content has the same. */
export function contentVersion(options: Omit<PlanPackageOptions, 'version' | 'place'>): string {
  const graph = mapBundles(options.graph, ({ digest }) => ({ digest }));
  const planned = planPackage({ ...options, graph, place: { project: '', domain: '' }, version: '' });
  return createHash('sha256').update(canonicalJson(planned)).digest('hex').slice(0, VERSION_DIGITS);
}
