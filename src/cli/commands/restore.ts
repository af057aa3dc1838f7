import type { Command } from 'commander';
import { expectOwnDatabase } from '../backup/expect-own-database.ts';
import { restoreHome } from '../backup/restore-home.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

/** `sluice restore` */
export function configure(command: Command): void {
  command
    .argument('<file>', 'an archive that `sluice backup` has written')
    .addHelpText(
      'after',
      `
Into a home that is empty or does not exist yet; nothing is overwritten. What
was under way when the backup was made has lost its process: jobs end as such,
and runs can be resumed.

Examples:
  sluice restore /backups/sluice-monday.tar
  sluice restore sluice.tar.gz --home /data/sluice`,
    )
    .action(async (file: string) => {
      const context = readContext(command);
      await expectOwnDatabase(context, 'restore');
      const { time, leftOut } = await restoreHome(context.paths, file);
      const { home } = context.paths;
      for (const name of leftOut)
        process.stderr.write(`Left out, because no backup holds it: ${JSON.stringify(name)}\n`);
      printDocument(
        context,
        { home, time, leftOut },
        () => `Restored ${home} as it was on ${time.toISOString()}.`,
      );
    });
}
