import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { CodeFile } from '../bundles/index.ts';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { modulesOf } from '../core/loaded-modules.ts';

/** What a package.json says of how its modules run. The rest changes nothing there. */
const RUNNING = [
  'name',
  'type',
  'imports',
  'exports',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
] as const;

/** The code of a workflow's functions. */
export interface WorkflowCode {
  readonly code: readonly CodeFile[];
  /** The workflow's file among it. */
  readonly entry: string;
}

/**
 * The code of the functions of a workflow: its file with the modules that it imports, and what their package.json says of
 * how they run. Packages stay out: they are to be there where the functions run.
 *
 * @param file absolute, of a workflow that was loaded; without links
 */
export function workflowCode(file: string): WorkflowCode {
  const modules = modulesOf(file);
  const packages = [...new Set(modules.map(dirname))].flatMap((directory) => nearestPackage(directory) ?? []);
  const root = commonDirectory([...modules, ...packages]);
  return {
    entry: relative(root, file),
    code: [
      ...modules.map((path) => ({
        path: relative(root, path),
        source: path,
        mode: statSync(path).mode & 0o777,
      })),
      ...[...new Set(packages)].map((path) => ({
        path: relative(root, path),
        source: runningPart(path),
        mode: 0o644,
      })),
    ].filter(({ path }, index, all) => all.findIndex((each) => each.path === path) === index),
  };
}

/** The package.json that Node heeds for modules of a directory, within its repository. */
function nearestPackage(from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const path = join(directory, 'package.json');
    if (existsSync(path)) return path;
    if (existsSync(join(directory, '.git')) || dirname(directory) === directory) return undefined;
  }
}

function runningPart(path: string): Buffer {
  try {
    const all = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const part = Object.fromEntries(RUNNING.filter((name) => name in all).map((name) => [name, all[name]]));
    return Buffer.from(`${JSON.stringify(part)}\n`);
  } catch (cause) {
    throw new SluiceError('WorkflowFileInvalid', `'${path}' cannot be read: ${errorMessage(cause)}`, {
      cause,
    });
  }
}

function commonDirectory(paths: readonly string[]): string {
  const [first, ...rest] = paths.map((path) => dirname(path).split('/'));
  let common = first ?? [''];
  for (const parts of rest) {
    const end = common.findIndex((part, index) => part !== parts[index]);
    if (end !== -1) common = common.slice(0, end);
  }
  return common.join('/') || '/';
}
