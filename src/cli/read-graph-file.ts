import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BundleDirectory, type Bundles } from '../bundles/index.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { bundlesOf, parseGraph, type WorkflowGraph } from '../graph/index.ts';

/** The directory of bundles beside a graph. */
export const BUNDLES_BESIDE = 'bundles';

/** A graph that was compiled before. */
export interface GraphFile {
  readonly graph: WorkflowGraph;
  /** Absolute path, without links; absent where the graph came from stdin. */
  readonly file?: string;
  /** The directory that relative places start at, and that holds `bundles/`. */
  readonly directory: string;
}

/** Whether a path names a graph and no workflow file. */
export function isGraphPath(path: string): boolean {
  return path === '-' || path.endsWith('.json');
}

/** Reads a graph from a file, or from stdin for `-`. @throws SluiceError `WorkflowFileInvalid`, `GraphInvalid` */
export async function readGraphFile(path: string): Promise<GraphFile> {
  if (path === '-') return { graph: await parseGraph(await text(process.stdin)), directory: process.cwd() };
  try {
    const file = await realpath(path);
    return { graph: await parseGraph(await readFile(file, 'utf8')), file, directory: dirname(file) };
  } catch (cause) {
    if (cause instanceof SluiceError) throw withPath(path, cause);
    throw new SluiceError('WorkflowFileInvalid', `'${path}' cannot be read: ${errorMessage(cause)}`, {
      cause,
      hint: 'Name a graph that sluice compile has written, or the file of a workflow.',
    });
  }
}

function withPath(path: string, cause: SluiceError): SluiceError {
  const { code, message, hint } = cause;
  return new SluiceError(code, `${path}: ${message}`, { cause, ...(hint !== undefined && { hint }) });
}

/** Keeps the bundles that lie beside a graph, where they are not kept yet. What is nowhere is told of by who needs it. */
export async function takeBundlesBeside({ graph, directory }: GraphFile, bundles: Bundles): Promise<void> {
  const beside = new BundleDirectory(join(directory, BUNDLES_BESIDE));
  for (const bundle of bundlesOf(graph).values()) {
    const known = await bundles.find({ digest: bundle.digest }).catch(() => undefined);
    if (!known) await beside.give(bundle.digest, bundles);
  }
}
