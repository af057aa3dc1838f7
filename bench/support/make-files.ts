import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Files of random bytes; a thousand in each directory. */
export interface FilesOptions {
  readonly directory: string;
  readonly count: number;
  readonly bytesEach: number;
}

const PIECE_BYTES = 4 * 1024 * 1024;

export function makeFiles({ directory, count, bytesEach }: FilesOptions): void {
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytesEach));
  for (let index = 0; index < count; index++) {
    const below = join(directory, String(Math.floor(index / 1000)).padStart(3, '0'));
    if (index % 1000 === 0) mkdirSync(below, { recursive: true });
    const file = openSync(join(below, String(index).padStart(7, '0')), 'w');
    for (let left = bytesEach; left > 0; left -= piece.length)
      writeSync(file, randomFillSync(piece), 0, Math.min(left, piece.length));
    closeSync(file);
  }
}
