import { constants } from 'node:os';
import { loadNative } from '../native.ts';
import type { DataPart } from './sparse-map.ts';

/** Blocks that a file system counts, bytes. */
const COUNTED_BYTES = 512;
/** Smaller holes are not worth a form that not every program reads. */
const LEAST_HOLES_BYTES = 16 * 1024 * 1024;
/** What comes after so many parts counts as one. */
const MOST_PARTS = 10_000;

/**
 * The parts of a file that hold data, where it has large holes and the system tells where; undefined for a file to be
 * read as a whole. Files of terabytes that hold next to nothing are packed in no time so.
 */
export function dataParts(fd: number, size: number, blocks: number): DataPart[] | undefined {
  if (size - blocks * COUNTED_BYTES < LEAST_HOLES_BYTES) return undefined;
  const seek = loadNative()?.seek;
  if (!seek) return undefined;
  const parts: DataPart[] = [];
  for (let at = 0; at < size; ) {
    const offset = seek(fd, at, 'data');
    if (offset === -constants.errno.ENXIO) break;
    const end = offset < 0 ? offset : seek(fd, offset, 'hole');
    if (end <= at) return undefined;
    const isLast = parts.length + 1 === MOST_PARTS;
    parts.push({ offset, length: Math.min(isLast ? size : end, size) - offset });
    at = isLast ? size : end;
  }
  return parts;
}
