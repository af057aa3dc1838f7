import {
  contentVersion,
  type EntityPlace,
  type FlyteAdmin,
  type FlytePackage,
  planPackage,
  type RegisteredEntity,
  registerPackage,
  uploadBundles,
} from '../../flyte/registration/index.ts';
import type { FlyteWorkflow } from './flyte-workflows.ts';
import { planOptions, type RegistrationOptions } from './registration-options.ts';

/** FlyteAdmin's own limit, where its administrator has set no other. */
const USUAL_NODES = 100;

/** How a workflow is registered. */
export interface RegisterWorkflowOptions {
  readonly admin: FlyteAdmin;
  readonly place: EntityPlace;
  readonly options: RegistrationOptions & { readonly activate?: boolean };
}

/** A workflow that is registered. */
export interface RegisteredWorkflow {
  readonly version: string;
  readonly entities: readonly RegisteredEntity[];
  readonly planned: FlytePackage;
}

/** Uploads a workflow's code and registers it, with lines on stderr that tell of progress. @throws SluiceError */
export async function registerWorkflow(
  { graph, archive }: FlyteWorkflow,
  { admin, place, options }: RegisterWorkflowOptions,
): Promise<RegisteredWorkflow> {
  const plan = planOptions(graph, options);
  const version = options.version ?? contentVersion(plan);
  // What is wrong with it is told before anything is uploaded.
  const count = planPackage({ ...plan, place, version }).workflow.template.nodes.length;
  if (count > USUAL_NODES)
    say(
      `note: ${graph.name} has ${count} nodes; FlyteAdmin takes ${USUAL_NODES} unless its administrator allows more. --pipeline registers it as one task.`,
    );
  const uploaded = await uploadBundles(graph, { admin, place, archive, say });
  const planned = planPackage({ ...plan, graph: uploaded, place, version });
  say(
    `Registering ${graph.name} ${version} in ${place.project}/${place.domain}: ${planned.tasks.length} tasks`,
  );
  const entities = await registerPackage(planned, { admin, activate: options.activate });
  return { version, entities, planned };
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
