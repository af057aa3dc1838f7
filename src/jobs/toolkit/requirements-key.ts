import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '../../contract/mount.ts';
import { relativeToMl } from '../../contract/paths.ts';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import type { ProgramHost } from './host-program.ts';
import { placeInJob } from './place-in-job.ts';

/** Files of a directory that are looked at at the same time. */
const LOOKED_AT_ONCE = 32;

const VARIABLE = /\$\{([A-Z0-9_]+)\}/g;

/** Where pip keeps what it has downloaded decides nothing. */
const IRRELEVANT = new Set(['PIP_CACHE_DIR', 'PIP_NO_INPUT', 'PIP_PROGRESS_BAR', 'PIP_ROOT_USER_ACTION']);
const MAX_FILE_BYTES = 1 << 20;

/**
 * Everything that decides what a requirements.txt installs beside its text: the variables that it names, how pip is set, and
 * the files that those settings name. It may hold secrets: nothing but its digest is kept.
 *
 * @param environment what pip is started with
 */
export async function requirementsKey(
  text: string,
  environment: Readonly<Record<string, string>>,
  context: { readonly host: ProgramHost; readonly mounts: readonly Mount[] },
): Promise<string[]> {
  const settings = Object.entries(environment).filter(
    ([name]) => name.startsWith('PIP_') && !IRRELEVANT.has(name),
  );
  const variables = variablesOf(text).map((name) => [name, environment[name]]);
  const files = settings
    .flatMap(([, value]) => value.split(/\s+/))
    .map((word) => word.replace(/^file:\/\//, ''))
    .filter((word) => relativeToMl(word) !== undefined);
  const facts = await Promise.all(
    files.map((path) => factsOf(placeInJob(context.host, context.mounts, path))),
  );
  return [text, JSON.stringify([settings.toSorted(([a], [b]) => (a < b ? -1 : 1)), variables, facts])];
}

/** Of a job's environment, what decides what a requirements.txt installs: settings of pip, and the variables that it names. Pure. */
export function decidingVariables(
  text: string,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const named = new Set(variablesOf(text));
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => named.has(name) || name.startsWith('PIP_')),
  );
}

function variablesOf(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, name = '']) => name);
}

/** A file's content, or what lies in a directory. A link counts as nothing: the job may have made it. */
async function factsOf(path: string): Promise<unknown> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile()) return stats.size <= MAX_FILE_BYTES ? readFile(path, 'utf8') : fileFacts(path);
  if (!stats?.isDirectory()) return null;
  const names = (await readdir(path)).sort();
  return mapAtOnce(names, LOOKED_AT_ONCE, async (name) => [name, await fileFacts(join(path, name))]);
}

async function fileFacts(path: string): Promise<unknown> {
  const stats = await lstat(path).catch(() => undefined);
  return stats && [stats.size, stats.mtimeMs];
}
