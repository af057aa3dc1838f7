import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** More than this of a job's code is not looked through. */
const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 1 << 20;

/** The sources below a directory of a job's code. Links are not followed: the code may be anybody's. */
export async function readSources(directory: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile() && name.test(entry.name) && !isInstalled(entry.parentPath, directory))
    .slice(0, MAX_FILES)
    .map((entry) => join(entry.parentPath, entry.name));
  const sources: string[] = [];
  for (const file of files) sources.push(await readSource(file));
  return sources;
}

/** Packages that were sent along are no sources of the user's. */
function isInstalled(path: string, directory: string): boolean {
  return path.slice(directory.length).split('/').includes('node_modules');
}

async function readSource(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file.close();
  }
}
