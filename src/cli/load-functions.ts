import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Bundles, unpackBundle } from '../bundles/index.ts';
import { SluiceError, systemErrorCode } from '../core/errors.ts';
import { makeTemporaryDirectory } from '../core/temporary-directory.ts';
import { removeTree } from '../core/tree/index.ts';
import type { TaskFunction } from '../engine/index.ts';
import type { FunctionTask, WorkflowGraph } from '../graph/index.ts';
import { isWorkflow } from '../sdk/index.ts';
import { importUserFile } from './import-user-file.ts';

/** The functions of a graph, and the directory that their code was unpacked in. */
export interface LoadedFunctions {
  readonly functions: Readonly<Record<string, TaskFunction>>;
  /** Removes the code; for when nothing runs it any more. */
  close(): Promise<void>;
}

/**
 * Loads the functions of a graph from their bundles, verified, into this process. Functions without code are left out.
 *
 * @param packages absolute path of the directory whose `node_modules` are theirs
 * @throws SluiceError `BundleNotFound`, `BundleInvalid`, `WorkflowFileInvalid`
 */
export async function loadFunctions(
  graph: WorkflowGraph,
  bundles: Bundles,
  packages: string,
): Promise<LoadedFunctions> {
  const tasks = Object.values(graph.tasks).filter((task) => task.type === 'function');
  const directory = await makeTemporaryDirectory(tmpdir(), 'sluice-code');
  const hooks = resolvePackagesFrom(packages, directory);
  const close = async (): Promise<void> => {
    hooks.deregister();
    await removeTree(directory);
  };
  try {
    const places = new Map<string, string>();
    const functions: Record<string, TaskFunction> = {};
    for (const task of tasks) {
      const { code } = task;
      if (!code) continue;
      const { digest } = code.bundle;
      const place = places.get(digest) ?? join(directory, digest.slice('sha256:'.length));
      if (!places.has(digest)) await unpackBundle(bundles, code.bundle, place);
      places.set(digest, place);
      functions[task.name] = await functionOf(task, code, place);
    }
    return { functions, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function functionOf(
  { name }: FunctionTask,
  { entry, workflow }: NonNullable<FunctionTask['code']>,
  place: string,
): Promise<TaskFunction> {
  const exported = await importUserFile(join(place, entry)).catch((error: unknown) => {
    throw withoutPackage(name, error);
  });
  const found = Object.values(exported).find((each) => isWorkflow(each) && each.name === workflow);
  const run = isWorkflow(found) && Object.hasOwn(found.functions, name) ? found.functions[name] : undefined;
  if (run) return run;
  throw new SluiceError('WorkflowNotFound', `The code of task '${name}' has no such function: ${entry}.`, {
    hint: 'The graph was changed by hand, or made wrongly: compile the workflow again.',
  });
}

function withoutPackage(task: string, error: unknown): unknown {
  if (!(error instanceof SluiceError) || systemErrorCode(error.cause) !== 'ERR_MODULE_NOT_FOUND')
    return error;
  return new SluiceError(error.code, `The function of task '${task}': ${error.message}`, {
    cause: error,
    hint: 'Packages are no part of a bundle: install them (npm install) in the directory of the graph.',
  });
}

/** What code in `directory` asks for and does not find is looked for from where its user has packages. */
function resolvePackagesFrom(packages: string, directory: string): ReturnType<typeof registerHooks> {
  const below = pathToFileURL(`${directory}/`).href;
  const parentURL = pathToFileURL(join(packages, 'graph.json')).href;
  return registerHooks({
    resolve(specifier, context, next) {
      const isPackage = /^[^./#]/.test(specifier) && !URL.canParse(specifier);
      if (!isPackage || !context.parentURL?.startsWith(below)) return next(specifier, context);
      return next(specifier, { ...context, parentURL });
    },
  });
}
