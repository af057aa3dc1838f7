import type { Command } from 'commander';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';
import { AwsAccess } from '../../platforms/endpoints/index.ts';
import { type CheckedAction, checkRoles } from '../../platforms/iam/index.ts';
import { type CliContext, readContext } from '../context.ts';
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
  sluice iam check --endpoint http://127.0.0.1:4777`,
    )
    .action(async (files: string[], { endpoint, ...options }: Options) => {
      const context = readContext(command);
      const found = await computeRoles(context, files, options);
      const settings = { ...found.platforms.sagemaker, ...(endpoint !== undefined && { endpoint }) };
      const account = isAccount(found.account) ? found.account : await ownAccount(context, settings);
      const { roles, notes } =
        account === found.account ? found : await computeRoles(context, files, { ...options, account });
      for (const note of notes) process.stderr.write(`note: ${note}\n`);
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

function isAccount(account: string): boolean {
  return /^\d{12}$/.test(account);
}

/** Where nothing names the account, it is that of the credentials. @throws SluiceError `InvalidArgument` */
async function ownAccount({ environment }: CliContext, settings: AwsSettings): Promise<string> {
  const access = new AwsAccess(settings, environment);
  try {
    return (await access.account()).accountId;
  } catch (cause) {
    throw new SluiceError(
      'InvalidArgument',
      `Nothing says which AWS account is meant, and it cannot be asked for: ${errorMessage(cause)}`,
      { cause, hint: 'Name it: --account 123456789012' },
    );
  } finally {
    await access.close();
  }
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
