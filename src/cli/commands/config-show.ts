import { relative } from 'node:path';
import type { Command } from 'commander';
import { type ExplainedValue, explainConfiguration } from '../../core/explain-configuration.ts';
import { openConfiguration } from '../../core/open-configuration.ts';
import { keyInFile, untrustedChoices } from '../../core/require-trust.ts';
import { sourcesOf } from '../check-configuration.ts';
import { readContext } from '../context.ts';
import { formatTable, printDocument } from '../output.ts';

/** `sluice config show` */
export function configure(command: Command): void {
  command
    .option('--effective', 'also what holds by default')
    .addHelpText(
      'after',
      `
The files of the configuration merged into one, and which file each value comes
from. The first wins: those that --config names, or sluice.yaml and plugins.yaml
here; then config.yaml of the home. Secrets are hidden.

Examples:
  sluice config show
  sluice config show --effective
  sluice config show --effective --json`,
    )
    .action(async ({ effective = false }: { effective?: boolean }) => {
      const context = readContext(command);
      const opened = await Promise.all(sourcesOf(context).map(openConfiguration));
      const files = opened.filter((file) => file !== undefined);
      const document = {
        files: files.map((file) => ({
          file: file.path,
          untrusted: untrustedChoices(context.paths.home, file).map((choice) => keyInFile(file, choice)),
        })),
        values: explainConfiguration(files, effective).map(({ from = 'default', ...value }) => ({
          ...value,
          from,
        })),
      };
      printDocument(context, document, ({ files, values }) =>
        [
          ...(values.length === 0
            ? ['No file says anything: --effective shows the defaults.']
            : [table(values)]),
          ...files
            .filter(({ untrusted }) => untrusted.length > 0)
            .map(({ file }) => `${file} is refused until it is trusted: sluice config trust`),
        ].join('\n'),
      );
    });
}

function table(values: readonly ExplainedValue[]): string {
  return formatTable(
    ['KEY', 'VALUE', 'FROM'],
    values.map(({ key, value, from = '' }) => [key, shown(value), nearName(from)]),
  );
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `./sluice.yaml` for what is here. */
function nearName(path: string): string {
  const near = relative(process.cwd(), path);
  return path.startsWith('/') && !near.startsWith('..') ? `./${near}` : path;
}
