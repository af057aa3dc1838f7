import { createHash } from 'node:crypto';
import { isAbsolute, posix, relative } from 'node:path';
import { interpreterFor } from '../contract/images.ts';
import { SluiceError } from '../core/errors.ts';
import {
  type Bundle,
  deepFreeze,
  type FunctionTask,
  type LocalScript,
  relativePlaces,
  type Task,
  type WorkflowGraph,
  type WorkflowPlace,
} from '../graph/index.ts';
import { type CodeFile, listCodeFiles } from './code-files.ts';

/** Where the bundles of a graph go. */
export interface BundleSink {
  add(code: readonly CodeFile[]): Promise<Bundle>;
}

/** The code of a workflow's functions. */
export interface FunctionSources {
  /** The module of the workflow, with what it imports. */
  readonly code: readonly CodeFile[];
  /** The module itself, a path among them. */
  readonly entry: string;
  /** By task name. */
  readonly functions: Readonly<Record<string, (...given: never[]) => unknown>>;
}

/** A graph to make portable. */
export interface CompileOptions {
  readonly graph: WorkflowGraph;
  readonly place: WorkflowPlace;
  readonly bundles: BundleSink;
  /** Absent where functions stay in the process that has loaded them. */
  readonly functions?: FunctionSources | undefined;
}

/**
 * Makes a graph portable: code by bundles, places in its project as relative ones. What is so already stays so. The
 * result is frozen.
 *
 * @throws SluiceError `ScriptNotFound`, `BundleInvalid`, each with the task it is of
 */
export async function compileGraph(options: CompileOptions): Promise<WorkflowGraph> {
  const { graph, place } = options;
  const compiling = new Compiling(options);
  const tasks: Record<string, Task> = {};
  for (const [name, task] of Object.entries(graph.tasks)) tasks[name] = await compiling.task(task);
  const { file } = graph;
  const portable = { ...graph, ...(file !== undefined && { file: nearPath(place, file) }), tasks };
  return deepFreeze(relativePlaces(portable, place));
}

class Compiling {
  readonly #options: CompileOptions;
  readonly #scripts = new Map<string, Promise<Bundle>>();
  #functions: Promise<Bundle> | undefined;

  constructor(options: CompileOptions) {
    this.#options = options;
  }

  async task(task: Task): Promise<Task> {
    const { place } = this.#options;
    const near = { ...task, ...(task.file !== undefined && { file: nearPath(place, task.file) }) };
    if (near.type === 'function') return this.#function(near);
    const { script } = near;
    if (!script || 'bundle' in script) return near;
    try {
      return { ...near, script: { entry: entryOf(script), bundle: await this.#script(script) } };
    } catch (error) {
      throw ofTask(task, error);
    }
  }

  async #function(task: FunctionTask): Promise<FunctionTask> {
    const { functions, bundles, graph } = this.#options;
    if (!functions) return task;
    this.#functions ??= bundles.add(functions.code).then(reference);
    const run = functions.functions[task.name];
    const source = run && `sha256:${createHash('sha256').update(String(run)).digest('hex')}`;
    const code = { bundle: await this.#functions, entry: functions.entry, workflow: graph.name };
    return { ...task, code: { ...code, ...(source !== undefined && { source }) } };
  }

  /** Tasks of one directory share its bundle. */
  #script(script: LocalScript): Promise<Bundle> {
    const { directory, whole, entry, others } = script;
    const key = JSON.stringify([directory, whole, whole ? interpreterFor(entry) : [entry, others]]);
    const known = this.#scripts.get(key);
    if (known) return known;
    const made = listCodeFiles(script)
      .then((files) => this.#options.bundles.add(files))
      .then(reference);
    this.#scripts.set(key, made);
    return made;
  }
}

/** Of what a sink knows of a bundle, what a graph says. */
function reference({ digest, uri }: Bundle): Bundle {
  return { digest, ...(uri !== undefined && { uri }) };
}

/** Its path in the bundle. */
function entryOf({ entry, directory }: LocalScript): string {
  const path = posix.normalize(isAbsolute(entry) ? relative(directory, entry) : entry);
  if (!path.startsWith('../')) return path;
  throw new SluiceError('ScriptNotFound', `Script '${entry}' does not lie in '${directory}'.`, {
    hint: 'With sourceDir, script is a path in that directory.',
  });
}

/** A place that reads the same in every checkout. */
function nearPath({ root }: WorkflowPlace, file: string): string {
  return isAbsolute(file) ? relative(root, file) : file;
}

function ofTask({ name, file }: Task, error: unknown): unknown {
  if (!(error instanceof SluiceError)) return error;
  const { code, message, hint } = error;
  const where = `Task '${name}'${file === undefined ? '' : ` (${file})`}`;
  return new SluiceError(code, `${where}: ${message}`, { cause: error, ...(hint !== undefined && { hint }) });
}
