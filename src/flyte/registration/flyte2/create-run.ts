import { SluiceError } from '../../../core/errors.ts';
import type { FlyteAdmin } from '../admin/flyte-admin.ts';
import type { ExecutionId } from '../executions/execution.ts';
import type { EntityPlace } from '../plan/plan-package.ts';
import type { PlannedRun2 } from './plan-run.ts';

/** flyteidl2.workflow.CreateRunResponse */
interface Created {
  readonly run?: { readonly action?: { readonly id?: { readonly run?: { readonly name?: string } } } };
}

/**
 * Begins a run of Flyte 2. A run of the name that there is already is taken for the same one.
 *
 * @param name of the run. @default one that Flyte makes up
 * @throws SluiceError as `FlyteAdmin.ask`
 */
export async function createRun2(
  admin: FlyteAdmin,
  { project, domain }: EntityPlace,
  planned: PlannedRun2,
  name?: string,
): Promise<ExecutionId> {
  const id =
    name === undefined ? { projectId: { name: project, domain } } : { runId: { project, domain, name } };
  try {
    const { run } = await admin.ask<Created>('RunService', 'CreateRun', { ...id, ...planned });
    return { project, domain, name: run?.action?.id?.run?.name ?? name ?? '' };
  } catch (error) {
    const isThere = error instanceof SluiceError && error.code === 'WorkflowVersionTaken';
    if (!isThere || name === undefined) throw error;
    return { project, domain, name };
  }
}
