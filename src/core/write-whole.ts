import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** How a file is written. */
export interface WriteWholeOptions {
  /** Of the file; directories that are made can be entered by their owner too. @default 0o666 */
  readonly mode?: number;
  /** Wait until it is on the disk. @default false */
  readonly flush?: boolean;
}

/**
 * Writes a file whole or not at all, with the directories above it. What lies under its name is replaced: a link is not
 * followed.
 *
 * @throws NodeJS.ErrnoException
 */
export function writeWhole(
  path: string,
  content: string | Uint8Array,
  options: WriteWholeOptions = {},
): void {
  const { mode, flush = false } = options;
  const part = partOf(path);
  mkdirSync(dirname(path), { recursive: true, ...(mode !== undefined && { mode: mode | 0o100 }) });
  try {
    writeFileSync(part, content, { flag: 'wx', flush, ...(mode !== undefined && { mode }) });
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
}

/** Where a file is written before it has its name: beside it, where nobody can have put a link before. */
export function partOf(path: string): string {
  return `${path}.${randomUUID()}.part`;
}
