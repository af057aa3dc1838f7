/**
 * The connector without its transport: what is asked of it is the same in both versions of Flyte's protocol.
 *
 * @see https://github.com/flyteorg/flyte/blob/v1.16.8/flyteplugins/go/tasks/plugins/webapi/connector/plugin.go how Propeller asks
 *
 * By design: CreateTask fails for what may work a little later alone, since Flyte takes any error of it as worth a retry;
 * GetTask never fails, since Flyte gives a task up after some errors, and does not look again after others.
 */
import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { Json } from '../../graph/index.ts';
import { LastSeen } from './last-seen.ts';
import { jsonToStruct } from './literals/struct.ts';
import { writeLiterals } from './literals/write-literal.ts';
import type { CreateTaskRequest, Resource } from './messages.ts';
import { encodingFor, readTask } from './read-task.ts';
import { readResourceMeta, type TaskReference, writeResourceMeta } from './resource-meta.ts';
import {
  type AsyncTaskType,
  type ConnectorContext,
  isSync,
  type TaskLogLine,
  type TaskState,
  type TaskTypeHandler,
} from './task-type.ts';
import { taskTypeOf } from './unknown-type.ts';
import { withinTime } from './within-time.ts';

/** Propeller waits for 10 s. */
const ANSWER_WITHIN_MS = 8000;

/** What a connector is made of. */
export interface ConnectorOptions {
  readonly context: ConnectorContext;
  readonly types: Readonly<Record<string, TaskTypeHandler>>;
  /** Signs what Flyte keeps: the same for all replicas. */
  readonly key: string;
}

/** What Flyte asks for. */
export class Connector {
  readonly #context: ConnectorContext;
  readonly #key: string;
  readonly #lastSeen = new LastSeen();
  readonly types: Readonly<Record<string, TaskTypeHandler>>;

  constructor({ context, types, key }: ConnectorOptions) {
    this.#context = context;
    this.#key = key;
    this.types = types;
  }

  /** Begins a task. @returns its resource_meta. @throws what may work a little later */
  async create(request: CreateTaskRequest): Promise<Buffer> {
    const type = request.template?.type ?? '';
    const failed = (failure: string): Buffer =>
      writeResourceMeta({ type, failure, outputs: {}, encoding: 'generic' }, this.#key);
    try {
      const task = readTask(request);
      const handler = this.#async(task.type);
      const handle = await withinTime(ANSWER_WITHIN_MS, 'CreateTask', handler.create(task, this.#context));
      const reference: TaskReference = {
        type: task.type,
        handle,
        outputs: task.outputs,
        encoding: encodingFor(task.template),
      };
      return writeResourceMeta(reference, this.#key);
    } catch (error) {
      if (mayWorkLater(error)) throw error;
      return failed(failureMessage(error));
    }
  }

  /** How a task stands. Never rejects. */
  async get(meta: Buffer | undefined): Promise<Resource> {
    const reference = this.#read(meta);
    if (typeof reference === 'string') return { phase: 'FAILED', message: reference };
    if (reference.failure !== undefined) return { phase: 'FAILED', message: reference.failure };
    const id = reference.handle as Json;
    try {
      const asked = this.#async(reference.type).get(id, this.#context);
      const state = await withinTime(ANSWER_WITHIN_MS, 'GetTask', asked);
      const resource = resourceOf(state, reference);
      this.#lastSeen.keep(id, resource);
      return resource;
    } catch (error) {
      if (!mayWorkLater(error)) return { phase: 'FAILED', message: failureMessage(error) };
      this.#context.log(`A task is told as it was last seen: ${errorMessage(error)}`);
      return this.#lastSeen.of(id) ?? { phase: 'RUNNING' };
    }
  }

  /** Ends a task. Idempotent. @throws what may work a little later */
  async delete(meta: Buffer | undefined): Promise<void> {
    const reference = this.#read(meta);
    // Nothing was begun that could be ended.
    if (typeof reference === 'string' || reference.failure !== undefined) return;
    const handler = this.#async(reference.type);
    await withinTime(ANSWER_WITHIN_MS, 'DeleteTask', handler.delete(reference.handle as Json, this.#context));
  }

  /** The lines of a task's log after a cursor. @throws SluiceError `InvalidArgument` for a resource_meta that is none */
  logs(meta: Buffer | undefined, cursor: string | undefined): AsyncIterable<TaskLogLine> {
    const { type, handle, failure } = readResourceMeta(meta, this.#key);
    if (failure !== undefined) return none();
    return this.#async(type).logs?.(handle as Json, this.#context, cursor) ?? none();
  }

  /** The last value of each metric. @throws SluiceError `InvalidArgument` for a resource_meta that is none */
  async metrics(meta: Buffer | undefined): Promise<Readonly<Record<string, number>>> {
    const { type, handle, failure } = readResourceMeta(meta, this.#key);
    if (failure !== undefined) return {};
    return (await this.#async(type).metrics?.(handle as Json, this.#context)) ?? {};
  }

  /** Carries out a short task. @throws what may work a little later */
  async execute(request: CreateTaskRequest): Promise<Resource> {
    try {
      const task = readTask(request);
      const handler = taskTypeOf(this.types, task.type);
      if (!isSync(handler))
        throw new SluiceError('InvalidArgument', `Tasks of type '${task.type}' take their time.`, {
          hint: 'Ask for them with CreateTask, GetTask and DeleteTask.',
        });
      const state = await withinTime(
        ANSWER_WITHIN_MS,
        'ExecuteTaskSync',
        handler.execute(task, this.#context),
      );
      return resourceOf(state, { outputs: task.outputs, encoding: encodingFor(task.template) });
    } catch (error) {
      if (mayWorkLater(error)) throw error;
      return { phase: 'FAILED', message: failureMessage(error) };
    }
  }

  #async(type: string): AsyncTaskType {
    const handler = taskTypeOf(this.types, type);
    if (!isSync(handler)) return handler;
    throw new SluiceError('InvalidArgument', `Tasks of type '${type}' are one request.`, {
      hint: 'Ask for them with ExecuteTaskSync.',
    });
  }

  /** Why it cannot be read, as text. */
  #read(meta: Buffer | undefined): TaskReference | string {
    try {
      return readResourceMeta(meta, this.#key);
    } catch (error) {
      return failureMessage(error);
    }
  }
}

async function* none(): AsyncGenerator<never> {}

/** What is nobody's mistake, and what the connector asks to be asked again for. */
function mayWorkLater(error: unknown): boolean {
  return !(error instanceof SluiceError) || error.fault === 'system' || 'retryAfterSeconds' in error.details;
}

function failureMessage(error: unknown): string {
  const { code = 'InternalError', hint } = error instanceof SluiceError ? error : {};
  return `${code}: ${errorMessage(error)}${hint === undefined ? '' : ` ${hint}`}`;
}

function resourceOf(
  state: TaskState,
  { outputs: types, encoding }: Pick<TaskReference, 'outputs' | 'encoding'>,
): Resource {
  const { phase, message, outputs = {}, literals, links, info } = state;
  return {
    phase,
    ...(message !== undefined && { message }),
    // Unset, Flyte would look for a file of outputs in its own store.
    ...(phase === 'SUCCEEDED' && { outputs: literals ?? writeLiterals(outputs, types, encoding) }),
    ...(links && links.length > 0 && { logLinks: links }),
    ...(info && { customInfo: jsonToStruct(info) }),
  };
}
