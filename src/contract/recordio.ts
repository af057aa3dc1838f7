/**
 * RecordIO framing.
 *
 * Source: Apache MXNet's recordio and the SageMaker Python SDK (`sagemaker.amazon.common`): little-endian uint32
 * magic `0xCED7230A`; little-endian uint32 whose low 29 bits are the length and whose high 3 bits are 0 for a
 * whole record, 1, 2 and 3 for its first, middle and last part; the payload; zeros up to a multiple of 4 bytes.
 * A reader joins parts with the magic between them, because a writer cuts a payload where the magic stands in it.
 *
 * By design: what we write is never cut in parts, as SageMaker's own Pipe mode does it.
 */

import { SluiceError } from '../core/errors.ts';
import { ByteQueue } from './byte-queue.ts';

const MAGIC = 0xced7230a;
const HEADER_BYTES = 8;
const LENGTH_MASK = 0x1fffffff;

/** The longest payload that one record can hold: bytes. */
export const MAX_RECORD_BYTES = LENGTH_MASK;

/** One record: its payload, and the bytes as they were framed. */
export interface FramedRecord {
  readonly payload: Uint8Array;
  readonly framed: Uint8Array;
}

/**
 * The 8 bytes in front of a payload of this length.
 *
 * @throws SluiceError `InvalidArgument` for a payload of 512 MiB or more.
 */
export function recordHeader(payloadBytes: number): Buffer {
  if (payloadBytes > MAX_RECORD_BYTES) {
    throw new SluiceError(
      'InvalidArgument',
      `RecordIO: expected a record below 512 MiB, got ${payloadBytes} bytes.`,
    );
  }
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(payloadBytes, 4);
  return header;
}

/** How many zeros follow a payload of this length: 0 to 3. */
export function recordPadding(payloadBytes: number): number {
  return (4 - (payloadBytes % 4)) % 4;
}

/** A payload as one record. */
export function encodeRecord(payload: Uint8Array): Buffer {
  const padding = Buffer.alloc(recordPadding(payload.length));
  return Buffer.concat([recordHeader(payload.length), payload, padding]);
}

/** Takes records out of a stream of bytes that comes in pieces. */
export class RecordDecoder {
  readonly #queue = new ByteQueue();
  #payloads: Uint8Array[] = [];
  #frames: Uint8Array[] = [];

  /** The records that are whole with these bytes. @throws SluiceError `InvalidArgument` for a wrong magic. */
  push(chunk: Uint8Array): FramedRecord[] {
    this.#queue.push(chunk);
    const records: FramedRecord[] = [];
    for (let frame = this.#takeFrame(); frame; frame = this.#takeFrame()) {
      if (this.#payloads.length > 0) this.#payloads.push(MAGIC_BYTES);
      this.#payloads.push(frame.payload);
      this.#frames.push(frame.framed);
      if (frame.part !== 0 && frame.part !== 3) continue;
      records.push({ payload: join(this.#payloads), framed: join(this.#frames) });
      this.#payloads = [];
      this.#frames = [];
    }
    return records;
  }

  /** The stream has ended. @throws SluiceError `InvalidArgument` when a record is not whole. */
  end(): void {
    if (this.#queue.length === 0 && this.#payloads.length === 0) return;
    throw new SluiceError('InvalidArgument', 'RecordIO: the data ends in the middle of a record.');
  }

  #takeFrame() {
    const header = this.#queue.peek(HEADER_BYTES);
    if (!header) return undefined;
    if (header.readUInt32LE(0) !== MAGIC) {
      throw new SluiceError(
        'InvalidArgument',
        'RecordIO: expected the magic number 0xCED7230A before a record.',
      );
    }
    const word = header.readUInt32LE(4);
    const length = word & LENGTH_MASK;
    const total = HEADER_BYTES + length + recordPadding(length);
    if (this.#queue.length < total) return undefined;
    const framed = this.#queue.take(total);
    return { framed, payload: framed.subarray(HEADER_BYTES, HEADER_BYTES + length), part: word >>> 29 };
  }
}

const MAGIC_BYTES = recordHeader(0).subarray(0, 4);

function join(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}
