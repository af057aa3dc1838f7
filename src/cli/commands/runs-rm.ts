import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { openHome } from '../../home/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';
import { removeRun } from '../prune/remove-run.ts';

/** `sluice runs rm` */
export function configure(command: Command): void {
  command
    .argument('<id...>', 'the ids of the runs')
    .addHelpText(
      'after',
      `
Removes runs with their jobs and logs; they cannot be resumed any more. What
they uploaded stays: \`sluice s3 rm --recursive\` removes it.

Examples:
  sluice runs rm diagnosis-20261120-120000-ab12
  sluice runs rm first second`,
    )
    .action(async (ids: string[]) => {
      const context = readContext(command);
      const { state, jobs, close } = await openHome(context);
      try {
        for (const id of ids) {
          if (await removeRun({ paths: context.paths, state, jobs }, id)) continue;
          throw new SluiceError('RunActive', `Run '${id}' is being carried out.`, {
            hint: `Cancel it first: sluice runs cancel ${id}`,
          });
        }
        printDocument(context, { removed: ids }, () => `Removed ${ids.join(', ')}.`);
      } finally {
        await close();
      }
    });
}
