/**
 * Records of a batch transform job's input: SplitType.
 *
 * Source: AWS API reference, TransformInput.SplitType and CreateTransformJob.BatchStrategy: a binary format's
 * framing is removed for SingleRecord and stays for MultiRecord.
 *
 * By design: a line ends at `\n`; a `\r` before it stays part of the line. An empty line is a record as any other.
 */
import { SluiceError } from '../core/errors.ts';
import { ByteQueue } from './byte-queue.ts';
import { type FramedRecord, RecordDecoder } from './recordio.ts';

/** How input is cut into records. `None`: an object is one record. */
export type SplitType = 'None' | 'Line' | 'RecordIO' | 'TFRecord';

const NEWLINE = 0x0a;
const TFRECORD_HEADER_BYTES = 12;
const TFRECORD_FOOTER_BYTES = 4;

interface Splitter {
  push(chunk: Uint8Array): FramedRecord[];
  end(): FramedRecord[];
}

/**
 * Cuts a stream of bytes into records: for each piece that comes, those that are whole with it. `None` collects
 * everything into one record.
 *
 * @throws SluiceError `InvalidArgument` for data that does not have the form.
 */
export async function* splitRecords(
  source: AsyncIterable<Uint8Array>,
  splitType: SplitType,
): AsyncGenerator<readonly FramedRecord[]> {
  const splitter = splitters[splitType]();
  for await (const chunk of source) {
    const records = splitter.push(chunk);
    if (records.length > 0) yield records;
  }
  const last = splitter.end();
  if (last.length > 0) yield last;
}

/** The lines of a text that is whole, without their ends. */
export function splitLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const splitters: Readonly<Record<SplitType, () => Splitter>> = {
  None: wholeSplitter,
  Line: lineSplitter,
  RecordIO: recordIoSplitter,
  TFRecord: tfRecordSplitter,
};

function wholeSplitter(): Splitter {
  const chunks: Uint8Array[] = [];
  return {
    push(chunk) {
      chunks.push(chunk);
      return [];
    },
    end() {
      const whole = Buffer.concat(chunks);
      return [{ payload: whole, framed: whole }];
    },
  };
}

function lineSplitter(): Splitter {
  let begun: Uint8Array[] = [];
  return {
    push(chunk) {
      const records: FramedRecord[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        const tail = chunk.subarray(start, end + 1);
        const framed = begun.length === 0 ? tail : Buffer.concat([...begun, tail]);
        records.push({ framed, payload: framed.subarray(0, framed.length - 1) });
        begun = [];
        start = end + 1;
      }
      if (start < chunk.length) begun.push(chunk.subarray(start));
      return records;
    },
    end() {
      if (begun.length === 0) return [];
      const rest = Buffer.concat(begun);
      return [{ payload: rest, framed: rest }];
    },
  };
}

function recordIoSplitter(): Splitter {
  const decoder = new RecordDecoder();
  return {
    push: (chunk) => decoder.push(chunk),
    end() {
      decoder.end();
      return [];
    },
  };
}

/** uint64 length, uint32 checksum, the payload, uint32 checksum; the checksums are the reader's business. */
function tfRecordSplitter(): Splitter {
  const queue = new ByteQueue();
  return {
    push(chunk) {
      queue.push(chunk);
      const records: FramedRecord[] = [];
      for (
        let header = queue.peek(TFRECORD_HEADER_BYTES);
        header;
        header = queue.peek(TFRECORD_HEADER_BYTES)
      ) {
        const length = Number(header.readBigUInt64LE(0));
        const total = TFRECORD_HEADER_BYTES + length + TFRECORD_FOOTER_BYTES;
        if (queue.length < total) break;
        const framed = queue.take(total);
        const payload = framed.subarray(TFRECORD_HEADER_BYTES, TFRECORD_HEADER_BYTES + length);
        records.push({ framed, payload });
      }
      return records;
    },
    end() {
      if (queue.length === 0) return [];
      throw new SluiceError('InvalidArgument', 'TFRecord: the data ends in the middle of a record.');
    },
  };
}
