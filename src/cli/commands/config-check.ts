import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { type CheckedFile, checkConfiguration } from '../check-configuration.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

/** `sluice config check` */
export function configure(command: Command): void {
  command
    .argument(
      '[file...]',
      'files to check (default: sluice.yaml and plugins.yaml here, and config.yaml of the home)',
    )
    .addHelpText(
      'after',
      `
Reads the configuration as every other command does, and says what is wrong
with it: unknown keys with what was probably meant, values that do not fit,
what is still to be filled in, and what a file chooses that is not trusted.
Exit code 1 when a file is wrong.

Examples:
  sluice config check
  sluice config check ./other/sluice.yaml
  sluice config check flyte-propeller-config.yaml`,
    )
    .action(async (named: string[]) => {
      const context = readContext(command);
      const files = await checkConfiguration(context, named);
      const wrong = files.flatMap(({ problem }) => problem ?? []);
      if (wrong.length > 0) {
        throw new SluiceError('ConfigInvalid', wrong.join('\n'), { hint: 'Correct it, and check again.' });
      }
      printDocument(context, { files }, (document) => document.files.map(toText).join('\n'));
    });
}

function toText({ file, status, choices = [], toFillIn = [], doubts = [] }: CheckedFile): string {
  if (status === 'absent') return `${file}: there is none`;
  const lines = [
    ...toFillIn.map((each) => `  to fill in: ${each}`),
    ...doubts.map((each) => `  look at: ${each}`),
  ];
  if (status === 'well') return [`${file}: well`, ...lines].join('\n');
  return [
    `${file}: well, and not trusted; until \`sluice config trust\` it is refused, because it chooses`,
    ...choices.map((choice) => `  ${choice}`),
    ...lines,
  ].join('\n');
}
