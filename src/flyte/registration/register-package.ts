import { SluiceError } from '../../core/errors.ts';
import { forEachAtOnce } from '../../core/for-each-at-once.ts';
import type { FlyteAdmin } from './admin/flyte-admin.ts';
import type { EntityId, FlytePackage } from './plan/messages.ts';

/** Tasks that are registered at the same time. */
const AT_ONCE = 16;

/** What became of an entity. */
export interface RegisteredEntity {
  readonly id: EntityId;
  /** `exists`: the very same was registered before. */
  readonly outcome: 'created' | 'exists';
}

/** How a package is registered. */
export interface RegisterOptions {
  readonly admin: FlyteAdmin;
  /** Launch plans become the active ones of their names: schedules begin. @default false */
  readonly activate?: boolean | undefined;
  readonly onEntity?: ((entity: RegisteredEntity) => void) | undefined;
}

/**
 * Registers tasks, then the workflow, then launch plans. Idempotent: the very same again changes nothing.
 *
 * @throws SluiceError `WorkflowVersionTaken` where a version has another content; as {@link FlyteAdmin.ask}
 */
export async function registerPackage(
  { tasks, workflow, launchPlans }: FlytePackage,
  { admin, activate = false, onEntity }: RegisterOptions,
): Promise<RegisteredEntity[]> {
  const entities: RegisteredEntity[] = [];
  const create = async (method: string, id: EntityId, spec: object): Promise<void> => {
    const entity = { id, outcome: await createEntity(admin, method, { id, spec }) };
    entities.push(entity);
    onEntity?.(entity);
  };
  await forEachAtOnce(tasks, AT_ONCE, undefined, (task) => create('CreateTask', task.template.id, task));
  await create('CreateWorkflow', workflow.template.id, workflow);
  for (const { id, spec } of launchPlans) {
    await create('CreateLaunchPlan', id, spec);
    if (activate) await admin.ask('AdminService', 'UpdateLaunchPlan', { id, state: 'ACTIVE' });
  }
  return entities;
}

async function createEntity(
  admin: FlyteAdmin,
  method: string,
  request: { readonly id: EntityId; readonly spec: object },
): Promise<RegisteredEntity['outcome']> {
  try {
    await admin.ask('AdminService', method, request);
    return 'created';
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    if (isIdentical(error)) return 'exists';
    throw explain(error, request.id);
  }
}

/** FlyteAdmin says ALREADY_EXISTS of what is the same, and INVALID_ARGUMENT of what differs. */
function isIdentical({ code, message }: SluiceError): boolean {
  return code === 'WorkflowVersionTaken' && !message.includes('different structure');
}

const kinds = { TASK: 'Task', WORKFLOW: 'Workflow', LAUNCH_PLAN: 'Launch plan' } as const;

function explain(error: SluiceError, { resourceType, name, version }: EntityId): SluiceError {
  const what = `${kinds[resourceType]} '${name}'`;
  if (error.message.includes('different structure'))
    return new SluiceError(
      'WorkflowVersionTaken',
      `${what} is registered with another content under version '${version}'. ${error.message}`,
      {
        cause: error,
        hint: 'A version never changes: take another one, --version NEXT, or leave the option out: the version then follows from the content.',
      },
    );
  const tooLarge = /exceeds limit|exceeds max limit/.test(error.message);
  const hint = tooLarge
    ? 'Its administrator can raise the limit (registration.maxWorkflowNodes); or have Sluice run the workflow as one task: --pipeline.'
    : error.hint;
  return new SluiceError(error.code, `${what}: ${error.message}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}
