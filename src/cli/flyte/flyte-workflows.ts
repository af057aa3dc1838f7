import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BundleDirectory } from '../../bundles/index.ts';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { makeTemporaryDirectory } from '../../core/temporary-directory.ts';
import { removeTree } from '../../core/tree/index.ts';
import { localPlaces, type WorkflowGraph } from '../../graph/index.ts';
import { compileWorkflow } from '../compile-workflow.ts';
import { loadWorkflows } from '../load-workflow.ts';
import { BUNDLES_BESIDE, isGraphPath, readGraphFile } from '../read-graph-file.ts';

/** A workflow to register. */
export interface FlyteWorkflow {
  /** Portable. */
  readonly graph: WorkflowGraph;
  /** The archive of one of its bundles. @throws SluiceError `BundleNotFound` */
  readonly archive: (digest: string) => Promise<Buffer>;
}

/** The workflows of files, and what removes what was made for them. */
export interface FlyteWorkflows extends AsyncDisposable {
  readonly workflows: readonly FlyteWorkflow[];
}

/**
 * Reads workflows: all that files of TypeScript or JavaScript export, and graphs that were compiled before.
 *
 * @param name the one that is meant. @default all
 * @throws SluiceError
 */
export async function readFlyteWorkflows(files: readonly string[], name?: string): Promise<FlyteWorkflows> {
  const directory = await makeTemporaryDirectory(tmpdir(), 'sluice-flyte');
  const dispose = () => removeTree(directory);
  try {
    const read = [];
    for (const file of files) read.push(...(await readWorkflows(file, directory)));
    const workflows = name === undefined ? read : read.filter(({ graph }) => graph.name === name);
    if (workflows.length === 0) throw notFound(files, name ?? '', read);
    for (const { graph } of workflows) warn(graph);
    return { workflows, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function readWorkflows(file: string, directory: string): Promise<FlyteWorkflow[]> {
  if (isGraphPath(file)) {
    const { graph, directory: beside } = await readGraphFile(file);
    return [{ graph, archive: (digest) => readArchive(join(beside, BUNDLES_BESIDE), digest) }];
  }
  const sink = new BundleDirectory(directory);
  const found: FlyteWorkflow[] = [];
  for (const workflow of await loadWorkflows(file)) {
    const { graph } = await compileWorkflow(workflow, file, sink);
    found.push({ graph, archive: (digest) => readArchive(directory, digest) });
  }
  return found;
}

async function readArchive(directory: string, digest: string): Promise<Buffer> {
  const path = join(directory, `${digest.slice('sha256:'.length)}.tar.gz`);
  try {
    return await readFile(path);
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw new SluiceError('BundleNotFound', `The bundle ${digest} is not at ${path}.`, {
      cause,
      hint: 'sluice compile FILE -o DIRECTORY writes it beside the graph.',
    });
  }
}

function notFound(files: readonly string[], name: string, read: readonly FlyteWorkflow[]): SluiceError {
  return new SluiceError('WorkflowNotFound', `${files.join(', ')}: there is no workflow '${name}'.`, {
    hint: `There is: ${read.map(({ graph }) => graph.name).join(', ')}.`,
  });
}

/** Where a connector runs, none of these are. */
function warn(graph: WorkflowGraph): void {
  for (const place of localPlaces(graph))
    process.stderr.write(
      `note: ${graph.name}: ${place} is a place of this machine; a job reads it only where the connector runs here.\n`,
    );
}
