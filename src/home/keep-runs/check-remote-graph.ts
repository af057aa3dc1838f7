import { SluiceError } from '../../core/errors.ts';
import {
  bundlesOf,
  type FunctionTask,
  type Json,
  localPlaces,
  parseGraph,
  type WorkflowGraph,
} from '../../graph/index.ts';
import type { Home } from '../open-home.ts';
import { type RunLimits, unpackLimits } from './run-limits.ts';

/**
 * Refuses what a graph from elsewhere may not hold: more nodes than the server takes, places and code of a machine, and
 * functions where there is no sandbox to run them in.
 *
 * @param sandboxed whether functions run in the sandbox here
 * @throws SluiceError with the `field` in its details
 */
export function checkRemoteGraph(graph: WorkflowGraph, limits: RunLimits, sandboxed: boolean): void {
  expectFewNodes(graph.nodes.length, limits);
  for (const [name, task] of Object.entries(graph.tasks)) {
    const field = `graph.tasks.${name}`;
    if (task.type === 'function') checkFunction(task, field, sandboxed);
    else if (task.script && !('bundle' in task.script))
      throw refused(`${field}.script`, `The script of task '${name}' is a path of a machine.`, COMPILE);
  }
  const [place] = localPlaces(graph);
  if (place !== undefined)
    throw refused(
      'graph',
      `'${place.slice(0, 200)}' is a place of a machine.`,
      'Put the data into a bucket, and name it s3://…',
    );
}

/** Reads a graph that came in a request. One of too many nodes is refused before the time is taken to check them. */
export async function parseRemoteGraph(body: unknown, limits: RunLimits): Promise<WorkflowGraph> {
  const { nodes } = (body ?? {}) as { nodes?: unknown };
  if (Array.isArray(nodes)) expectFewNodes(nodes.length, limits);
  return parseGraph(JSON.stringify(body));
}

function expectFewNodes(count: number, { nodes }: RunLimits): void {
  if (count <= nodes) return;
  throw new SluiceError('LimitExceeded', `The graph has ${count} nodes; the server takes ${nodes}.`, {
    details: { field: 'graph.nodes' },
    hint: 'Split the workflow, or raise server.runs.maxNodes.',
  });
}

function checkFunction({ name, code }: FunctionTask, field: string, sandboxed: boolean): void {
  if (!code) throw refused(field, `The function of task '${name}' is no part of the graph.`, COMPILE);
  if (!sandboxed)
    throw refused(
      field,
      `Task '${name}' is a function, and this server has no sandbox to run it in.`,
      'sluice doctor says how to get the sandbox; or make it a processing task.',
    );
}

/** Refuses places of a machine among the values of inputs. @throws SluiceError with the `field` in its details */
export function checkRemoteInputs(inputs: Readonly<Record<string, Json>>, { inputBytes }: RunLimits): void {
  const size = Buffer.byteLength(JSON.stringify(inputs));
  if (size > inputBytes)
    throw new SluiceError('LimitExceeded', `The inputs have ${size} bytes; the server takes ${inputBytes}.`, {
      details: { field: 'inputs' },
      hint: 'Put large data into a bucket, or raise server.runs.maxInputKiB.',
    });
  for (const [name, value] of Object.entries(inputs))
    if (typeof value === 'string' && /^\s*file:/i.test(value))
      throw refused(
        `inputs.${name}`,
        `The input '${name}' is a place of a machine.`,
        'Put the data into a bucket: sluice s3 cp FILE s3://bucket/key',
      );
}

/** Refuses a graph whose code is not there. @throws SluiceError with the `field` and the `missingBundles` to upload first in its details */
export async function checkBundles(
  home: Pick<Home, 'bundles'>,
  graph: WorkflowGraph,
  limits: RunLimits,
): Promise<void> {
  const bundles = await home.bundles();
  const missing: string[] = [];
  for (const [digest, bundle] of bundlesOf(graph)) {
    try {
      await bundles.find(bundle, { limits: unpackLimits(limits) });
    } catch (error) {
      if (!(error instanceof SluiceError) || !['BundleNotFound', 'BundleInvalid'].includes(error.code))
        throw error;
      missing.push(digest);
    }
  }
  if (missing.length === 0) return;
  throw new SluiceError(
    'BundleNotFound',
    `The code of the graph is not here: ${missing.slice(0, 5).join(', ')}.`,
    {
      details: { field: 'graph.tasks', missingBundles: missing },
      hint: 'Upload it first: POST /_sluice/v1/bundles?digest=…; sluice run FILE --server does.',
    },
  );
}

const COMPILE = 'Compile the workflow: sluice compile FILE; sluice run FILE --server does.';

function refused(field: string, message: string, hint: string): SluiceError {
  return new SluiceError('GraphInvalid', message, { hint, details: { field } });
}
