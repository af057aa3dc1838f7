import type { Command } from 'commander';
import { backupHome } from '../backup/backup-home.ts';
import { expectOwnDatabase } from '../backup/expect-own-database.ts';
import { readContext } from '../context.ts';
import { formatSize } from '../display/format-size.ts';
import { printDocument } from '../output.ts';

/** `sluice backup` */
export function configure(command: Command): void {
  command
    .argument('<file>', 'the archive to write: .tar, or .tar.gz to compress it')
    .addHelpText(
      'after',
      `
The home may be in use meanwhile. In the archive are the database as it is at
one moment, the buckets, the logs and the configuration; not the caches, nor
the data of jobs under way or failed.

Examples:
  sluice backup /backups/sluice-monday.tar
  sluice backup sluice.tar.gz --home /data/sluice`,
    )
    .action(async (file: string) => {
      const context = readContext(command);
      await expectOwnDatabase(context, 'backup');
      const bytes = await backupHome(context.paths, file, new Date());
      printDocument(context, { file, bytes }, () => `Wrote ${file}, ${formatSize(bytes)}.`);
    });
}
