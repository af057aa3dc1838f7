import type { Command } from 'commander';
import { openHome } from '../../home/index.ts';
import { removeRun, runUnderWay } from '../../home/runs/index.ts';
import { type CliContext, readContext } from '../context.ts';
import { printDocument } from '../output.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

/** `sluice runs rm` */
export function configure(command: Command): void {
  addServerOption(command.argument('<id...>', 'the ids of the runs'))
    .addHelpText(
      'after',
      `
Removes runs with their jobs and logs; they cannot be resumed any more. What
they uploaded stays: \`sluice s3 rm --recursive\` removes it.

Examples:
  sluice runs rm diagnosis-20261120-120000-ab12
  sluice runs rm first second
  sluice runs rm first --server http://127.0.0.1:4777`,
    )
    .action(async (ids: string[], options: ServerOption) => {
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) for (const id of ids) await server.ask('DELETE', `/runs/${encodeURIComponent(id)}`);
      else await removeHere(context, ids);
      printDocument(context, { removed: ids }, () => `Removed ${ids.join(', ')}.`);
    });
}

async function removeHere(context: CliContext, ids: readonly string[]): Promise<void> {
  const home = await openHome(context);
  try {
    for (const id of ids) if (!(await removeRun(home, id))) throw runUnderWay(id);
  } finally {
    await home.close();
  }
}
