import { type Command, Option } from 'commander';
import { type LeastRole, type RoleFormat, roleFiles } from '../../platforms/iam/index.ts';
import { readContext } from '../context.ts';
import { addRoleOptions, computeRoles, type RoleOptions } from '../iam-roles.ts';
import { printDocument } from '../output.ts';
import { writeFiles } from '../write-files.ts';

interface Options extends RoleOptions {
  readonly format: RoleFormat;
  readonly out?: string;
}

/** `sluice iam print` */
export function configure(command: Command): void {
  addRoleOptions(command)
    .addOption(
      new Option('--format <format>', 'how roles are written')
        .choices(['json', 'terraform', 'cloudformation'])
        .default('json'),
    )
    .option('--out <directory>', 'write files there: two for each role, or roles.tf, or roles.yaml')
    .addHelpText(
      'after',
      `
The least policies for six roles: sagemaker-execution (what jobs run as),
propeller (makes and watches jobs), flyte-execution (the pods of Flyte's tasks),
sagemaker-service (may make jobs), cross-account, and router. They follow from
the workflows that are named (their data, images, types of jobs and roles) and
from the platforms that the configuration enables; without a workflow they are
for any job. Nothing is asked of AWS.

Examples:
  sluice iam print
  sluice iam print pipeline.ts --account 123456789012 --role sagemaker-execution
  sluice iam print --out iam/
  sluice iam print --format terraform --out infrastructure/`,
    )
    .action(async (files: string[], { format, out, ...options }: Options) => {
      const context = readContext(command);
      const { roles, notes } = await computeRoles(context, files, options);
      for (const note of notes) process.stderr.write(`note: ${note}\n`);
      const written = await roleFiles(roles, format);
      if (out !== undefined) {
        const paths = writeFiles(out, written);
        return printDocument(context, { files: paths }, (document) => document.files.join('\n'));
      }
      printDocument(context, { roles: roles.map(documentOf) }, () =>
        written
          .map(({ name, text }) => (format === 'json' ? `# ${name}\n${text}` : text))
          .join('\n')
          .trimEnd(),
      );
    });
}

/** A role without the names of files. */
function documentOf({ role, name, description, trustPolicy, policyName, policy }: LeastRole) {
  return { role, name, description, trustPolicy, policyName, policy };
}
