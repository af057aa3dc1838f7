import type { Command } from 'commander';
import type { WorkflowVersionBody } from '../../server/index.ts';
import { readContext } from '../context.ts';
import { formatTime } from '../display/format.ts';
import { parseCount } from '../key-value.ts';
import { formatTable, printDocument } from '../output.ts';
import { addServerOption, requiredServer, type ServerOption } from '../remote/server-option.ts';

interface Options extends ServerOption {
  readonly limit: number;
}

/** `sluice workflows ls` */
export function configure(command: Command): void {
  addServerOption(
    command
      .argument('[name]', 'versions of this workflow alone')
      .option('--limit <n>', 'at most so many, up to 1000, the newest first', parseCount, 100),
  )
    .addHelpText(
      'after',
      `
Examples:
  sluice workflows ls --server http://127.0.0.1:4777
  sluice workflows ls diagnosis --json`,
    )
    .action(async (name: string | undefined, options: Options) => {
      const context = readContext(command);
      const query = new URLSearchParams({
        limit: String(options.limit),
        ...(name !== undefined && { name }),
      });
      const server = await requiredServer(options, context);
      const { workflows } = await server.ask<{ workflows: WorkflowVersionBody[] }>(
        'GET',
        `/workflows?${query.toString()}`,
      );
      printDocument(context, { workflows }, () =>
        workflows.length === 0
          ? 'No workflows are registered. `sluice workflows register pipeline.ts --as 1` registers one.'
          : formatTable(
              ['WORKFLOW', 'VERSION', 'REGISTERED'],
              workflows.map((each) => [each.name, each.version, formatTime(new Date(each.createdAt))]),
            ),
      );
    });
}
