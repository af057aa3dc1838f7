import type { Command } from 'commander';
import { openState } from '../../home/index.ts';
import { readRunReport } from '../../home/runs/index.ts';
import type { RunBody } from '../../server/index.ts';
import { readContext } from '../context.ts';
import { formatRunSummary } from '../display/run-summary.ts';
import { printDocument } from '../output.ts';
import { readRunMetricValues } from '../read-metric-values.ts';
import { remoteReport } from '../remote/run-remotely.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

/** `sluice runs show` */
export function configure(command: Command): void {
  addServerOption(command.argument('<id>', 'the id of the run'))
    .addHelpText(
      'after',
      `
Examples:
  sluice runs show diagnosis-x7k2
  sluice runs show diagnosis-x7k2 --json | jq .outputs`,
    )
    .action(async (id: string, options: ServerOption) => {
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) {
        const run = await server.ask<RunBody>('GET', `/runs/${encodeURIComponent(id)}`);
        return printDocument(context, run, () => formatRunSummary(remoteReport(run), ''));
      }
      const state = await openState(context, 'read');
      try {
        const report = await readRunReport(state, id);
        const values = context.json ? {} : await readRunMetricValues(state, report);
        printDocument(context, report, () => formatRunSummary(report, context.paths.objects, values));
      } finally {
        await state.close();
      }
    });
}
