import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** What a file or directory takes on the disk, bytes. Links are not followed; what cannot be read counts nothing. */
export async function measureTree(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts) return 0;
  let bytes = facts.blocks * BLOCK_BYTES;
  if (!facts.isDirectory()) return bytes;
  for (const name of await readdir(path).catch(() => [])) bytes += await measureTree(join(path, name));
  return bytes;
}
