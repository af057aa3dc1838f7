import { statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { BundleDirectory, digestsOnly } from '../../bundles/index.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { writeWhole } from '../../core/write-whole.ts';
import { bundlesOf, graphHash, localPlaces, type WorkflowGraph } from '../../graph/index.ts';
import { compileWorkflow } from '../compile-workflow.ts';
import { readContext } from '../context.ts';
import { loadWorkflow } from '../load-workflow.ts';
import { printDocument } from '../output.ts';
import { BUNDLES_BESIDE } from '../read-graph-file.ts';

interface Options {
  readonly output?: string;
  readonly bundles: boolean;
}

/** `sluice compile` */
export function configure(command: Command): void {
  command
    .argument('<file>', 'a TypeScript or JavaScript file that exports a workflow')
    .argument('[workflow]', 'its name, where the file exports several')
    .option('-o, --output <place>', 'graph.json to write, or a directory for it (default: stdout)')
    .option('--no-bundles', 'the graph alone, without the code beside it')
    .addHelpText(
      'after',
      `
Writes the workflow as a graph: JSON that means the same on every machine. The
code of its steps is named by digest, and is written into bundles/ beside the
graph; nothing is uploaded. What runs is the same as with \`sluice run FILE\`.
The form is docs/graph.md, its JSON Schema sluice/graph.schema.json.

Examples:
  sluice compile pipeline.ts -o out
  sluice run out/graph.json
  sluice compile pipeline.ts diagnosis | jq .nodes`,
    )
    .action(async (file: string, name: string | undefined, options: Options) => {
      const workflow = await loadWorkflow(file, name);
      const output = options.output === undefined ? undefined : graphPath(options.output);
      const beside = output !== undefined && options.bundles;
      const sink = beside ? new BundleDirectory(join(dirname(output), BUNDLES_BESIDE)) : digestsOnly;
      const { graph } = await compileWorkflow(workflow, file, sink).catch((error: unknown) => {
        throw error instanceof SluiceError || output === undefined ? error : unwritable(output, error);
      });
      if (output === undefined) process.stdout.write(textOf(graph));
      else writeGraph(output, graph);
      warn(graph);
      if (output === undefined) return;
      const bundles = [...bundlesOf(graph).keys()];
      printDocument(readContext(command), { graph: output, hash: graphHash(graph), bundles }, () =>
        [output, `  hash     ${graphHash(graph)}`, ...bundles.map((each) => `  bundle   ${each}`)].join('\n'),
      );
    });
}

/** A directory gets `graph.json`; what is not there yet and has no extension becomes one. */
function graphPath(output: string): string {
  const path = resolve(output);
  const found = statSync(path, { throwIfNoEntry: false });
  const isDirectory = found ? found.isDirectory() : output.endsWith('/') || extname(path) === '';
  return isDirectory ? join(path, 'graph.json') : path;
}

function textOf(graph: WorkflowGraph): string {
  return `${JSON.stringify(graph, null, 2)}\n`;
}

function writeGraph(path: string, graph: WorkflowGraph): void {
  try {
    writeWhole(path, textOf(graph));
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): SluiceError {
  return new SluiceError('InvalidArgument', `--output: '${path}' cannot be written: ${errorMessage(cause)}`, {
    cause,
  });
}

/** What the graph names and does not bring along. */
function warn(graph: WorkflowGraph): void {
  for (const place of localPlaces(graph)) {
    const where = place.startsWith('file://') ? 'is a place of this machine' : 'lies beside the workflow';
    process.stderr.write(`note: ${place} ${where}, and is no part of the graph.\n`);
  }
}
