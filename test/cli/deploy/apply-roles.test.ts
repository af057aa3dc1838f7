import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { applyRoles } from '../../../src/cli/deploy/apply-roles.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-roles-'));
  directory = join(root, 'terraform');
  await mkdir(directory);
  for (const name of ['main.tf', 'roles.tf']) await writeFile(join(directory, name), '');
  // A program that notes how it was called, and keeps what Terraform keeps.
  const program = join(root, 'terraform-bin', 'terraform');
  await mkdir(join(root, 'terraform-bin'));
  await writeFile(
    program,
    `#!/bin/sh\necho "$2 $TF_DATA_DIR" >> '${join(root, 'calls')}'\nmkdir -p "$TF_DATA_DIR"\ntouch '${directory}/terraform.tfstate'\n`,
  );
  await chmod(program, 0o755);
  vi.stubEnv('PATH', [join(root, 'terraform-bin'), process.env['PATH']].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

const apply = (others: readonly string[] = []): Promise<void> =>
  applyRoles({
    directory,
    written: ['main.tf', 'roles.tf'],
    others,
    cache: join(root, 'cache'),
    dryRun: false,
  });

test.each([
  'evil.tf',
  'evil_override.tf.json',
  'terraform.tfvars',
  'a.auto.tfvars.json',
  'terraform.tfstate',
])('a %s that a repository has brought is applied only where it was named', async (name) => {
  await writeFile(join(directory, name), '');
  await expect(apply()).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: `${directory}: Terraform would apply ${name} too, which sluice deploy has not written.`,
    hint: expect.stringContaining(`--with ${name}`) as string,
  });
  expect(existsSync(join(root, 'calls'))).toBe(false);
  await apply([name]);
  expect(await readFile(join(root, 'calls'), 'utf8')).toMatch(/^init .*\/cache\/terraform\/\w+\napply /);
});

test('the state that it has made itself is no stranger, and what an earlier deployment had is removed', async () => {
  await writeFile(join(directory, 'service-accounts.tf'), '');
  await apply();
  expect(existsSync(join(directory, 'service-accounts.tf'))).toBe(false);
  expect(existsSync(join(directory, 'terraform.tfstate'))).toBe(true);
  await apply();
});
