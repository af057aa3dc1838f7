import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { type CheckedAction, checkRoles } from '../../platforms/iam/index.ts';
import { readContext } from '../context.ts';
import { addRoleOptions, computeRoles, type RoleOptions } from '../iam-roles.ts';
import { formatTable, printDocument } from '../output.ts';

interface Options extends RoleOptions {
  readonly endpoint?: string;
}

/** `sluice iam check` */
export function configure(command: Command): void {
  addRoleOptions(command)
    .option(
      '--endpoint <url>',
      "where IAM is asked (default: AWS, or endpoint of the platform 'sagemaker'); a sluice serve can be",
    )
    .addHelpText(
      'after',
      `
Has IAM's simulator say whether the roles that there are may do what
\`sluice iam print\` says that they need. It needs iam:SimulatePrincipalPolicy.
Exit code 1 where something is not allowed.

Examples:
  sluice iam check pipeline.ts
  sluice iam check --role sagemaker-execution
  sluice iam check --endpoint http://127.0.0.1:4777 --account 123456789012`,
    )
    .action(async (files: string[], { endpoint, ...options }: Options) => {
      const context = readContext(command);
      const { roles, platforms, account, notes } = await computeRoles(context, files, options);
      if (!/^\d{12}$/.test(account))
        throw new SluiceError('InvalidArgument', 'Nothing says which AWS account is meant.', {
          hint: 'Name it: --account 123456789012',
        });
      for (const note of notes) process.stderr.write(`note: ${note}\n`);
      const settings = { ...platforms.sagemaker, ...(endpoint !== undefined && { endpoint }) };
      const checked = await checkRoles({
        roles,
        arnOf: ({ name }) => `arn:aws:iam::${account}:role/${name}`,
        settings,
        environment: context.environment,
      });
      const missing = checked.filter(({ decision }) => decision !== 'allowed');
      if (missing.length > 0) process.exitCode = 1;
      printDocument(context, { checked, missing: missing.length }, () => toText(checked, missing));
    });
}

function toText(checked: readonly CheckedAction[], missing: readonly CheckedAction[]): string {
  if (missing.length === 0) return `${checked.length} actions, all allowed.`;
  // A role that is not there is missing once for each statement that it needs.
  const rows = new Map(
    missing.map((each) => {
      const row = [each.role, each.action, each.decision, each.resource];
      return [row.join(' '), row];
    }),
  );
  return `${formatTable(['ROLE', 'ACTION', 'DECISION', 'RESOURCE'], [...rows.values()])}\n${missing.length} of ${checked.length} actions are not allowed.`;
}
