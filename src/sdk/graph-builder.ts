import { SluiceError } from '../core/errors.ts';
import { describeValue } from '../core/json-problem.ts';
import type { Binding, GraphNode, Interface, Json, Task, Variable } from '../graph/index.ts';
import { toUri } from './call-site.ts';
import { Reference } from './references.ts';
import { type CallOptions, nodeName, type TaskFunction } from './task-call.ts';

/** A task with what the graph does not hold. */
interface TaskSource {
  readonly task: Task;
  /** The directory of the file that defines it. */
  readonly directory: string;
  readonly run?: TaskFunction | undefined;
}

let current: GraphBuilder | undefined;

/** The workflow that is being built now. */
export function currentBuilder(): GraphBuilder | undefined {
  return current;
}

function withBuilder<Result>(builder: GraphBuilder, work: () => Result): Result {
  current = builder;
  try {
    return work();
  } finally {
    current = undefined;
  }
}

/** Collects nodes and tasks while a workflow's function runs. */
export class GraphBuilder {
  readonly workflow: string;
  readonly nodes: GraphNode[] = [];
  readonly tasks: Record<string, Task> = {};
  readonly functions: Record<string, TaskFunction> = {};
  /** Relative paths in calls are relative to it: the directory of the workflow's file. */
  readonly #directory: string;

  constructor(workflow: string, directory: string) {
    this.workflow = workflow;
    this.#directory = directory;
  }

  /** Runs a function that calls tasks. */
  build<Result>(work: () => Result): Result {
    if (current) {
      throw new SluiceError(
        'GraphInvalid',
        `Workflow '${this.workflow}' is defined inside workflow '${current.workflow}'.`,
        { hint: 'Define it outside, and call its tasks.' },
      );
    }
    return withBuilder(this, work);
  }

  /** References to the workflow's own inputs. */
  inputs(variables: Interface['inputs']): Record<string, Reference> {
    return mapValues(variables, ({ type }, input) => new Reference(this, type, { input }));
  }

  /** Adds a call; returns its outputs as references. */
  addNode(source: TaskSource, inputs: object, options: CallOptions = {}): Record<string, unknown> {
    const { task } = source;
    this.#addTask(source);
    const id = options.name ?? task.name;
    const after = options.after?.map((node) => (typeof node === 'string' ? node : node[nodeName]));
    this.nodes.push({
      id,
      task: task.name,
      inputs: this.#bindInputs(task, inputs),
      ...(after && after.length > 0 && { after }),
    });
    const outputs: Record<string | symbol, unknown> = { [nodeName]: id };
    for (const output in task.interface.outputs) {
      const { type } = task.interface.outputs[output] as Variable;
      outputs[output] = new Reference(this, type, { node: id, output });
    }
    return Object.freeze(outputs);
  }

  /** What a value given to a variable becomes. `what` names it in messages. */
  bind(value: unknown, what: string, variable?: Variable, directory = this.#directory): Binding {
    if (value instanceof Reference) {
      if (value.owner !== this) throw this.#invalid(`${what}: got a value of another workflow.`);
      return value.binding;
    }
    if (variable?.type === 'uri' && typeof value === 'string') return { literal: toUri(value, directory) };
    if (!holdsReference(value)) return { literal: value as Json };
    if (Array.isArray(value))
      return { list: value.map((part, index) => this.bind(part, `${what}[${index}]`)) };
    const entries = Object.entries(value as object).filter(([, part]) => part !== undefined);
    return {
      map: Object.fromEntries(entries.map(([key, part]) => [key, this.bind(part, `${what}.${key}`)])),
    };
  }

  #addTask({ task, run }: TaskSource): void {
    const known = this.tasks[task.name];
    if (known === task) return;
    if (known) throw this.#invalid(`two tasks are called '${task.name}': ${known.file} and ${task.file}.`);
    this.tasks[task.name] = task;
    if (run) this.functions[task.name] = run;
  }

  #bindInputs(task: Task, inputs: object): Record<string, Binding> {
    const bindings: Record<string, Binding> = {};
    for (const [name, value] of Object.entries(inputs)) {
      const variable = task.interface.inputs[name];
      const what = `task '${task.name}' (${task.file}): input '${name}'`;
      if (value === undefined) {
        // An input that may be left out may be left out so, too.
        if (variable && (variable.default !== undefined || variable.required === false)) continue;
        throw this.#invalid(`${what} is undefined.`, 'Is it an output that the task before does not have?');
      }
      bindings[name] = this.bind(value, what, variable);
    }
    return bindings;
  }

  #invalid(problem: string, hint?: string): SluiceError {
    return new SluiceError(
      'GraphInvalid',
      `Workflow '${this.workflow}': ${problem}`,
      hint === undefined ? {} : { hint },
    );
  }
}

/** Whether a reference lies anywhere in a value. A call's result in a value is refused: its outputs are meant. */
function holdsReference(value: unknown): boolean {
  if (value instanceof Reference) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (nodeName in value) {
    throw new SluiceError(
      'GraphInvalid',
      `Got the whole result of node '${String(value[nodeName])}' as a value.`,
      {
        hint: `Pass one of its outputs: ${Object.keys(value).join(', ') || 'it has none'}.`,
      },
    );
  }
  return Object.values(value).some(holdsReference);
}

/** The type that fits a literal. */
export function literalType(value: unknown): Variable['type'] {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float';
  if (typeof value === 'object') return 'json';
  throw new SluiceError(
    'GraphInvalid',
    `Expected a JSON value or an output of a task, got ${describeValue(value)}.`,
  );
}

/** A record with each value replaced. */
export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
