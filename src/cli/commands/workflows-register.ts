import type { Command } from 'commander';
import type { WorkflowVersionBody } from '../../server/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';
import { sendGraph } from '../remote/run-remotely.ts';
import { addServerOption, requiredServer, type ServerOption } from '../remote/server-option.ts';

interface Options extends ServerOption {
  readonly as: string;
}

/** `sluice workflows register` */
export function configure(command: Command): void {
  addServerOption(
    command
      .argument('<file>', 'a file that exports a workflow, or a graph: graph.json, - for stdin')
      .argument('[workflow]', 'its name, where the file exports several')
      .requiredOption('--as <version>', 'the version that it becomes; it never changes'),
  )
    .addHelpText(
      'after',
      `
Uploads the code that the server has not, and registers the workflow. The very
same again is no error; another workflow under the version is.

Examples:
  sluice workflows register pipeline.ts --as 1.0 --server http://127.0.0.1:4777
  sluice workflows register out/graph.json --as 1.1`,
    )
    .action(async (file: string, name: string | undefined, options: Options) => {
      const context = readContext(command);
      const server = await requiredServer(options, context);
      const graph = await sendGraph(server, file, name);
      const registered = await server.ask<WorkflowVersionBody>(
        'PUT',
        `/workflows/${graph.name}/versions/${encodeURIComponent(options.as)}`,
        { body: graph },
      );
      printDocument(context, registered, () => `${registered.name} ${registered.version} is registered.`);
    });
}
