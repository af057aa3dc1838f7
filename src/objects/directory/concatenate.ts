import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Fingerprint } from './object-record.ts';
import { stampUnique } from './write-body.ts';

/** Puts files together to a new one. */
export function concatenate(path: string, files: readonly string[]): Promise<Fingerprint> {
  return writePieces(path, readFiles(files));
}

async function* readFiles(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) {
    yield* createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>;
  }
}

/** Writes pieces whose hashes are known already. */
async function writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<Fingerprint> {
  const file = await open(path, 'wx', 0o644);
  try {
    for await (const piece of pieces) {
      for (let done = 0; done < piece.length; ) done += (await file.write(piece, done)).bytesWritten;
    }
    return await stampUnique(file);
  } finally {
    await file.close();
  }
}
