import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { runTool } from './run-tool.ts';
import { ROLE_FILES } from './terraform-files.ts';

/** Roles to be applied. */
export interface ApplyRoles {
  /** Where the files of Terraform are. Absolute path. */
  readonly directory: string;
  /** Those that Sluice has written, by name. */
  readonly written: readonly string[];
  /** Those of the user that are meant, by name: a backend. */
  readonly others: readonly string[];
  /** Where what Terraform downloads is kept: not beside files that a stranger may have written. Absolute path. */
  readonly cache: string;
  readonly dryRun: boolean;
}

/** What Terraform reads by itself where it lies beside its files. */
const READ = /\.(?:tf|tofu)(?:\.json)?$|\.tfvars(?:\.json)?$|^terraform\.tfstate$/;

/**
 * Has Terraform look at the roles, or make them what the files say.
 *
 * @throws SluiceError `InvalidArgument` for files that Terraform would read and nobody has named, `DeployFailed`
 */
export async function applyRoles(options: ApplyRoles): Promise<void> {
  const { directory, dryRun } = options;
  const data = dataDirectory(options);
  removeFormer(options);
  expectOwnFiles(options, existsSync(data));
  // What is only looked at lies in a directory that is removed, and all else with it.
  const environment: Record<string, string> = dryRun ? {} : { TF_DATA_DIR: data };
  const at = `-chdir=${directory}`;
  await runTool('terraform', [at, 'init', '-input=false'], { environment });
  const verb = dryRun ? ['plan', '-input=false'] : ['apply', '-input=false', '-auto-approve'];
  await runTool('terraform', [at, ...verb], { environment });
}

/** What an earlier deployment had, and this one has not. */
function removeFormer({ directory, written }: ApplyRoles): void {
  for (const name of ROLE_FILES) if (!written.includes(name)) rmSync(join(directory, name), { force: true });
}

/** A repository may bring files that would run as whoever deploys, and a state that has roles removed. */
function expectOwnFiles({ directory, written, others }: ApplyRoles, isKnown: boolean): void {
  // The state of a directory that was applied from here is its own.
  const meant = new Set([...written, ...others, ...(isKnown ? ['terraform.tfstate'] : [])]);
  const strange = readdirSync(directory).filter((name) => READ.test(name) && !meant.has(name));
  if (strange.length === 0) return;
  throw new SluiceError(
    'InvalidArgument',
    `${directory}: Terraform would apply ${strange.join(', ')} too, which sluice deploy has not written.`,
    {
      hint: `Where you know what is in there: ${strange.map((name) => `--with ${name}`).join(' ')}; else remove it, or name another directory: --out DIRECTORY.`,
    },
  );
}

function dataDirectory({ directory, cache }: ApplyRoles): string {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(cache, 'terraform', name);
}
