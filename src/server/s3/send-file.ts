import type { ServerResponse } from 'node:http';
import type { ObjectFile } from '../../objects/directory/index.ts';

/** A run of bytes of an open file. */
export interface FileRange {
  readonly file: ObjectFile;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

const PIECE_BYTES = 256 * 1024;
/** Up to here, waiting for another thread to read takes longer than reading. */
const SMALL_BYTES = 64 * 1024;
/** Up to here, head and body go out as one text, in one write without a list. */
const TEXT_BYTES = 16 * 1024;

/** Sends a run of bytes as the rest of an answer, reading the next piece while one is sent, and closes the file. */
export async function sendFile({ file, start, end }: FileRange, response: ServerResponse): Promise<void> {
  using _ = file;
  if (end - start <= SMALL_BYTES) return sendSmall(file, start, end, response);
  let position = start;
  let coming = readPiece(file, position, end);
  while (position < end) {
    const piece = await coming;
    if (piece.length === 0 || response.destroyed) {
      response.destroy();
      return;
    }
    position += piece.length;
    coming = readPiece(file, position, end);
    coming.catch(() => undefined);
    if (!response.write(piece)) await writable(response);
  }
  await coming;
  response.end();
}

function sendSmall(file: ObjectFile, start: number, end: number, response: ServerResponse): void {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let done = 0; done < bytes.length; ) {
    const read = file.readNow(bytes.subarray(done), start + done);
    if (read === 0) {
      response.destroy();
      return;
    }
    done += read;
  }
  if (bytes.length <= TEXT_BYTES) response.end(bytes.toString('latin1'), 'latin1');
  else response.end(bytes);
}

async function readPiece(file: ObjectFile, position: number, end: number): Promise<Buffer> {
  const length = Math.min(PIECE_BYTES, end - position);
  if (length <= 0) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafeSlow(length);
  const bytesRead = await file.read(buffer, position);
  return bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
}

function writable(response: ServerResponse): Promise<void> {
  return new Promise((ready) => {
    const go = () => {
      response.off('drain', go);
      response.off('close', go);
      ready();
    };
    response.on('drain', go);
    response.on('close', go);
    if (response.destroyed) go();
  });
}
