import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackArchive } from '../../bundles/index.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { describeThrown, loadFunction } from '../../core/load-function.ts';
import { makeTemporaryDirectory } from '../../core/temporary-directory.ts';
import { removeTree } from '../../core/tree/index.ts';
import { type FunctionContext, runFunction } from '../../engine/index.ts';
import {
  type FunctionTask,
  type GraphNode,
  isRequired,
  type Json,
  parseGraph,
  resolveBindings,
  valueProblem,
  type WorkflowGraph,
} from '../../graph/index.ts';
import { readLiterals } from '../connector/literals/read-literal.ts';
import { writeLiterals } from '../connector/literals/write-literal.ts';
import type { LiteralMap } from '../connector/messages.ts';
import { loadProtos, messageCodec } from '../protos/index.ts';
import { flyteVariable } from '../registration/plan/flyte-types.ts';
import { errorDocument } from './error-document.ts';
import type { FlytePlaces } from './flyte-places.ts';

/** What a container of Flyte is told. */
export interface ExecuteOptions {
  /** The graph of the one node, as registration has written it. */
  readonly graph: string;
  /** Where `inputs.pb` is. */
  readonly inputs: string;
  /** The prefix that `outputs.pb` or `error.pb` is written below. */
  readonly outputPrefix: string;
  readonly places: FlytePlaces;
  readonly context: FunctionContext;
}

/**
 * Runs a function as a task of Flyte: reads its inputs, and writes its outputs, or why there are none.
 *
 * @returns why it has failed; undefined where it has not
 * @throws SluiceError where nothing could be written
 */
export async function executeFunction(options: ExecuteOptions): Promise<SluiceError | undefined> {
  const { places, outputPrefix } = options;
  const codec = protos();
  try {
    const outputs = await run(options, codec.literals);
    await places.write(below(outputPrefix, 'outputs.pb'), codec.literals.encode(outputs));
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    await places.write(below(outputPrefix, 'error.pb'), codec.errors.encode(errorDocument(failure)));
    return failure;
  }
}

type Codecs = ReturnType<typeof protos>;

function protos() {
  const definition = loadProtos(['flyteidl/core/literals.proto', 'flyteidl/core/errors.proto']);
  return {
    literals: messageCodec<LiteralMap>(definition, 'flyteidl.core.LiteralMap'),
    errors: messageCodec<object>(definition, 'flyteidl.core.ErrorDocument'),
  };
}

async function run(options: ExecuteOptions, literals: Codecs['literals']): Promise<LiteralMap> {
  const { node, task } = await readFunction(options.graph);
  const given = readLiterals(literals.decode(await options.places.read(options.inputs)));
  const values = valuesOf(node, task, given);
  const code = await makeTemporaryDirectory(tmpdir(), 'sluice-function');
  try {
    const outputs = await call(task, { ...options, values, code });
    const types = Object.entries(task.interface.outputs).map(([name, output]) => [
      name,
      flyteVariable(output).type,
    ]);
    return writeLiterals(outputs, Object.fromEntries(types), 'msgpack');
  } finally {
    await removeTree(code);
  }
}

async function readFunction(text: string): Promise<{ node: GraphNode; task: FunctionTask }> {
  const graph: WorkflowGraph = await parseGraph(text);
  const [node] = graph.nodes;
  const task = node && graph.tasks[node.task];
  if (node && task?.type === 'function' && task.code) return { node, task };
  throw new SluiceError('GraphInvalid', 'The graph of the task holds no function with its code.', {
    hint: 'sluice flyte register writes it: register the workflow again.',
  });
}

/** The values of the function's inputs. @throws SluiceError `InvalidArgument` */
function valuesOf(
  node: GraphNode,
  { name: task, interface: own }: FunctionTask,
  given: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const bound = resolveBindings(node.inputs, {
    // None is no value.
    input: (name) => given[name] ?? undefined,
    output: () => undefined,
  });
  const values: Record<string, Json> = {};
  for (const [name, variable] of Object.entries(own.inputs)) {
    const value = bound[name] ?? variable.default;
    if (value === undefined && !isRequired(variable)) continue;
    const problem = value === undefined ? 'it is missing' : valueProblem(variable.type, value);
    if (problem !== undefined)
      throw new SluiceError('InvalidArgument', `Task '${task}': the input '${name}': ${problem}.`);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

interface Call extends ExecuteOptions {
  readonly values: Readonly<Record<string, Json>>;
  /** An empty directory. */
  readonly code: string;
}

async function call(
  task: FunctionTask,
  { places, values, code, context }: Call,
): Promise<Record<string, Json>> {
  const { bundle, entry, workflow } = task.code as Required<FunctionTask>['code'];
  if (bundle.uri === undefined)
    throw new SluiceError('BundleNotFound', `Nothing says where the bundle ${bundle.digest} is.`);
  const archive = await places.read(bundle.uri);
  await unpackArchive(bundle.digest, one(archive), code);
  const place = { code, entry, workflow, task: task.name };
  try {
    return await runFunction(task, await loadFunction(place), values, context);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError('TaskFailed', describeThrown(error, code), { cause: error });
  }
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function failureOf(error: unknown): SluiceError {
  return error instanceof SluiceError
    ? error
    : new SluiceError('InternalError', errorMessage(error), { cause: error });
}

function below(prefix: string, name: string): string {
  return prefix.includes('://') ? `${prefix.replace(/\/+$/, '')}/${name}` : join(prefix, name);
}
