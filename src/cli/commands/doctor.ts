import type { Command } from 'commander';
import picocolors from 'picocolors';
import type { Check } from '../check.ts';
import { readContext } from '../context.ts';
import { runChecks } from '../doctor-checks.ts';
import { printDocument } from '../output.ts';

/** `sluice doctor` */
export function configure(command: Command): void {
  command
    .addHelpText(
      'after',
      `
Exit code 1 when something that every job needs is missing.

Examples:
  sluice doctor
  sluice doctor --json
  sluice doctor --home /data/sluice`,
    )
    .action(async () => {
      const context = readContext(command);
      const checks = await runChecks(context);
      printDocument(context, { checks }, () => checks.map(toText).join('\n'));
      if (checks.some(({ status }) => status === 'failed')) process.exitCode = 1;
    });
}

const marks = {
  ok: picocolors.green('✔'),
  missing: picocolors.yellow('–'),
  failed: picocolors.red('✖'),
} as const;

function toText({ name, status, value, hint }: Check): string {
  const line = `${marks[status]} ${name.padEnd(16)} ${value.replaceAll('\n', `\n${' '.repeat(19)}`)}`;
  return hint === undefined ? line : `${line}\n${' '.repeat(19)}${picocolors.cyan('→')} ${hint}`;
}
