import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WorkflowPlace } from '../graph/index.ts';

/**
 * Where the file of a workflow lies: its directory, and its project's, which is the nearest one above that holds `.git`,
 * else the nearest with a `package.json`, else the file's own.
 *
 * @param file absolute path
 */
export async function findProject(file: string): Promise<WorkflowPlace> {
  const base = dirname(file);
  const root = (await nearest(base, '.git')) ?? (await nearest(base, 'package.json')) ?? base;
  return { base, root };
}

async function nearest(from: string, name: string): Promise<string | undefined> {
  for (let directory = from; ; directory = dirname(directory)) {
    if (
      await access(join(directory, name)).then(
        () => true,
        () => false,
      )
    )
      return directory;
    if (dirname(directory) === directory) return undefined;
  }
}
