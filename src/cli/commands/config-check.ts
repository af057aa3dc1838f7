import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { type CheckedFile, checkConfiguration } from '../check-configuration.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

/** `sluice config check` */
export function configure(command: Command): void {
  command
    .argument('[file...]', 'files to check (default: sluice.yaml here, and config.yaml of the home)')
    .addHelpText(
      'after',
      `
Reads the configuration as every other command does, and says what is wrong
with it. Exit code 1 when something is.

Examples:
  sluice config check
  sluice config check ./other/sluice.yaml`,
    )
    .action(async (named: string[]) => {
      const context = readContext(command);
      const files = await checkConfiguration(context, named);
      const absent = files.find(({ file, status }) => named.includes(file) && status === 'absent');
      if (absent) throw new SluiceError('ConfigInvalid', `There is no file '${absent.file}'.`);
      const wrong = files.flatMap(({ problem }) => problem ?? []);
      if (wrong.length > 0) {
        throw new SluiceError('ConfigInvalid', wrong.join('\n'), { hint: 'Correct it, and check again.' });
      }
      printDocument(context, { files }, (document) => document.files.map(toText).join('\n'));
    });
}

function toText({ file, status }: CheckedFile): string {
  return status === 'absent' ? `${file}: there is none` : `${file}: well`;
}
