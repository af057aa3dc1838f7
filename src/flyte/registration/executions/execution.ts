import { SluiceError } from '../../../core/errors.ts';
import type { Json } from '../../../graph/index.ts';
import { readLiterals } from '../../connector/literals/read-literal.ts';
import { structToJson } from '../../connector/literals/struct.ts';
import type { LiteralMap, ProtoStruct, TaskLog } from '../../connector/messages.ts';
import type { FlyteAdmin } from '../admin/flyte-admin.ts';
import type { EntityId } from '../plan/messages.ts';

/** flyteidl.core.WorkflowExecutionIdentifier */
export interface ExecutionId {
  readonly project: string;
  readonly domain: string;
  readonly name: string;
}

/** What became of an execution, a node or an attempt, in Flyte's words. */
export interface FlyteFailure {
  readonly code?: string;
  readonly message?: string;
}

/** How an execution stands. */
export interface ExecutionState {
  /** `QUEUED`, `RUNNING`, … `SUCCEEDED`, `FAILED`, `ABORTED`, `TIMED_OUT` */
  readonly phase: string;
  readonly error?: FlyteFailure;
  /** Who has aborted it, and why. */
  readonly abort?: { readonly cause?: string; readonly principal?: string };
}

/** How a node stands. */
export interface NodeState {
  readonly id: string;
  readonly phase: string;
  readonly error?: FlyteFailure;
}

/** One attempt of a node's task. */
export interface AttemptState {
  /** From 0. */
  readonly attempt: number;
  readonly phase: string;
  readonly taskType: string;
  readonly logs: readonly TaskLog[];
  readonly info: { readonly [key: string]: Json };
  readonly error?: FlyteFailure;
}

const ended: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT']);

/** Whether an execution goes on no more. */
export function hasEnded({ phase }: ExecutionState): boolean {
  return ended.has(phase);
}

/** Entries of one page. */
const PAGE = 200;

/**
 * Launches a launch plan.
 *
 * @param name of the execution. @default one that FlyteAdmin makes up
 * @throws SluiceError as {@link FlyteAdmin.ask}
 */
export async function createExecution(
  admin: FlyteAdmin,
  launchPlan: EntityId,
  inputs: LiteralMap,
  name = '',
): Promise<ExecutionId> {
  const { project, domain } = launchPlan;
  const { id } = await admin.ask<{ id: ExecutionId }>('AdminService', 'CreateExecution', {
    project,
    domain,
    name,
    spec: { launchPlan, metadata: { mode: 'MANUAL' } },
    inputs,
  });
  return id;
}

/** How an execution stands. @throws SluiceError `RunNotFound`; as {@link FlyteAdmin.ask} */
export async function getExecution(admin: FlyteAdmin, id: ExecutionId): Promise<ExecutionState> {
  const { closure = {} } = await admin.ask<{
    closure?: { phase?: string; error?: FlyteFailure; abortMetadata?: NonNullable<ExecutionState['abort']> };
  }>('AdminService', 'GetExecution', { id });
  const { phase = 'UNDEFINED', error, abortMetadata } = closure;
  return { phase, ...(error && { error }), ...(abortMetadata && { abort: abortMetadata }) };
}

/** What an execution has come to. @throws SluiceError as {@link FlyteAdmin.ask} */
export async function executionOutputs(admin: FlyteAdmin, id: ExecutionId): Promise<Record<string, Json>> {
  const { fullOutputs } = await admin.ask<{ fullOutputs?: LiteralMap }>('AdminService', 'GetExecutionData', {
    id,
  });
  return readLiterals(fullOutputs);
}

/** Asks an execution to end. One that has ended stays as it is. @throws SluiceError as {@link FlyteAdmin.ask} */
export async function abortExecution(admin: FlyteAdmin, id: ExecutionId, cause: string): Promise<void> {
  await admin.ask('AdminService', 'TerminateExecution', { id, cause });
}

/** The nodes that have begun; Flyte's own start and end are left out. @throws SluiceError as {@link FlyteAdmin.ask} */
export async function listNodes(admin: FlyteAdmin, id: ExecutionId): Promise<NodeState[]> {
  interface Listed {
    readonly id: { readonly nodeId: string };
    readonly closure?: { readonly phase?: string; readonly error?: FlyteFailure };
  }
  const nodes = await listAll<Listed>(admin, 'ListNodeExecutions', 'nodeExecutions', {
    workflowExecutionId: id,
  });
  return nodes
    .map(({ id: { nodeId }, closure: { phase = 'UNDEFINED', error } = {} }) => ({
      id: nodeId,
      phase,
      ...(error && { error }),
    }))
    .filter((node) => node.id !== 'start-node' && node.id !== 'end-node');
}

/** The attempts of a node's task, the first first. @throws SluiceError as {@link FlyteAdmin.ask} */
export async function listAttempts(
  admin: FlyteAdmin,
  id: ExecutionId,
  nodeId: string,
): Promise<AttemptState[]> {
  interface Listed {
    readonly id?: { readonly retryAttempt?: number };
    readonly closure?: {
      readonly phase?: string;
      readonly taskType?: string;
      readonly logs?: readonly TaskLog[];
      readonly customInfo?: ProtoStruct;
      readonly error?: FlyteFailure;
    };
  }
  const attempts = await listAll<Listed>(admin, 'ListTaskExecutions', 'taskExecutions', {
    nodeExecutionId: { nodeId, executionId: id },
  });
  return attempts
    .map(({ id: { retryAttempt = 0 } = {}, closure: { error, ...closure } = {} }) => ({
      attempt: retryAttempt,
      phase: closure.phase ?? 'UNDEFINED',
      taskType: closure.taskType ?? '',
      logs: closure.logs ?? [],
      info: structToJson(closure.customInfo),
      ...(error && { error }),
    }))
    .toSorted((a, b) => a.attempt - b.attempt);
}

async function listAll<Item>(
  admin: FlyteAdmin,
  method: string,
  member: string,
  request: object,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let token = ''; ; ) {
    const answer = await admin.ask<Record<string, unknown> & { token?: string }>('AdminService', method, {
      ...request,
      limit: PAGE,
      token,
    });
    items.push(...((answer[member] ?? []) as Item[]));
    if (!answer.token || answer.token === token) return items;
    token = answer.token;
  }
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * An execution as users name it: its name in the project and domain of the options, `project/domain/name`, or the address
 * of its page in the console.
 *
 * @throws SluiceError `InvalidArgument`
 */
export function parseExecution(text: string, place: Omit<ExecutionId, 'name'>): ExecutionId {
  const page = /\/projects\/([^/]+)\/domains\/([^/]+)\/executions\/([^/?#]+)/.exec(text);
  const [project, domain, name] = page?.slice(1) ?? text.split('/');
  if (name !== undefined && project && domain && NAME.test(name)) return { project, domain, name };
  if (NAME.test(text)) return { ...place, name: text };
  throw new SluiceError(
    'InvalidArgument',
    `execution: expected its name, project/domain/name or its address in the console, got '${text}'.`,
  );
}
