/**
 * What a batch transform job sends to its model, and what it makes of the answers: SplitType, BatchStrategy,
 * MaxPayloadInMB, AssembleWith and DataProcessing.
 *
 * Source: AWS API reference, CreateTransformJob. A payload never spans two objects. MultiRecord packs as many whole
 * records as fit, SingleRecord sends each alone without its framing. MaxPayloadInMB 0 sends an object unsplit and
 * unmeasured.
 *
 * By design: AssembleWith `Line` ends each answer with a newline where it has none, so that a model which ends
 * its lines itself does not make empty ones.
 */
import type { CreateTransformJobRequest } from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../core/errors.ts';
import type { SliceEnd } from './data-filter.ts';
import { parseDataProcessing, type RecordProcessing } from './data-processing.ts';
import type { FramedRecord } from './recordio.ts';
import { type SplitType, splitLines, splitRecords } from './split.ts';

/** What is sent in one invocation. */
export interface TransformPayload {
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** The records in it as they came, where answers have to be joined with them. */
  readonly records: readonly string[];
}

/** How a transform job's data is cut, sent and put together. */
export interface TransformPlan {
  readonly splitType: SplitType;
  readonly strategy: 'SingleRecord' | 'MultiRecord';
  /** 0: no limit. */
  readonly maxPayloadBytes: number;
  readonly assembleWith: 'None' | 'Line';
  readonly processing: RecordProcessing;
  /** Each line of an unsplit object is a record of its own: CSV and JSON Lines. */
  readonly lineRecords: boolean;
}

const NEWLINE = Buffer.from('\n');

/**
 * The plan of a transform job. Strategy and payload are those that apply after the container was asked.
 *
 * @throws SluiceError `InvalidArgument` for a wrong DataProcessing.
 */
export function planTransform(
  request: CreateTransformJobRequest,
  settings: Pick<TransformPlan, 'strategy' | 'maxPayloadBytes'> & { readonly sliceEnd?: SliceEnd },
): TransformPlan {
  const contentType = request.TransformInput?.ContentType;
  const { sliceEnd, ...sending } = settings;
  return {
    ...sending,
    splitType: request.TransformInput?.SplitType ?? 'None',
    assembleWith: request.TransformOutput?.AssembleWith ?? 'None',
    processing: parseDataProcessing({
      dataProcessing: request.DataProcessing,
      contentType,
      accept: request.TransformOutput?.Accept,
      ...(sliceEnd ? { sliceEnd } : {}),
    }),
    lineRecords: /^(?:text\/csv|application\/jsonlines)\b/i.test(contentType ?? ''),
  };
}

/**
 * The payloads of one object, in order.
 *
 * @throws SluiceError `InvalidArgument` for data without the form of SplitType, or a record above the limit.
 */
export async function* planPayloads(
  source: AsyncIterable<Uint8Array>,
  plan: TransformPlan,
): AsyncGenerator<TransformPayload> {
  const { processing, splitType } = plan;
  const plain = processing.keepsInput && processing.keepsOutput;
  const whole = splitType === 'None' || plan.strategy === 'MultiRecord';
  if (plain && whole && plan.maxPayloadBytes === 0) {
    yield { body: source, records: [] };
    return;
  }
  let batch = newBatch();
  for await (const split of splitRecords(limited(source, plan), splitType)) {
    for (const record of split) {
      const prepared = plain ? plainRecord(record, plan) : processedRecord(record, plan);
      checkSize(prepared.bytes.length, plan);
      const full = plan.maxPayloadBytes > 0 && batch.size + prepared.bytes.length > plan.maxPayloadBytes;
      if (batch.parts.length > 0 && (full || plan.strategy === 'SingleRecord')) {
        yield payloadOf(batch);
        batch = newBatch();
      }
      batch.parts.push(prepared.bytes);
      batch.records.push(...prepared.records);
      batch.size += prepared.bytes.length;
    }
  }
  if (batch.parts.length > 0) yield payloadOf(batch);
}

/**
 * An answer as it is stored.
 *
 * @throws SluiceError `InvalidArgument` when it cannot be joined with its records.
 */
export function assembleAnswer(
  answer: Uint8Array,
  payload: TransformPayload,
  plan: TransformPlan,
): Uint8Array {
  const finished = plan.processing.keepsOutput ? answer : processAnswer(answer, payload, plan);
  const endsLine = finished.at(-1) === NEWLINE[0];
  return plan.assembleWith === 'Line' && !endsLine ? Buffer.concat([finished, NEWLINE]) : finished;
}

interface Batch {
  readonly parts: Uint8Array[];
  readonly records: string[];
  size: number;
}

function newBatch(): Batch {
  return { parts: [], records: [], size: 0 };
}

function payloadOf({ parts, records }: Batch): TransformPayload {
  return { body: parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), records };
}

function plainRecord(record: FramedRecord, plan: TransformPlan) {
  const bytes = plan.strategy === 'SingleRecord' ? record.payload : record.framed;
  return { bytes, records: [] as readonly string[] };
}

function processedRecord(record: FramedRecord, plan: TransformPlan) {
  const { processing, splitType, lineRecords } = plan;
  const text = Buffer.from(record.payload).toString('utf8');
  const records = splitType === 'None' && lineRecords ? splitLines(text) : [text];
  const filtered = records.map((each) => processing.filterInput(withoutReturn(each))).join('\n');
  const ended = plan.strategy === 'MultiRecord' && splitType === 'Line' ? `${filtered}\n` : filtered;
  return { bytes: processing.keepsInput ? plainRecord(record, plan).bytes : Buffer.from(ended), records };
}

function processAnswer(answer: Uint8Array, { records }: TransformPayload, plan: TransformPlan): Uint8Array {
  const text = Buffer.from(answer).toString('utf8');
  const answers = records.length === 1 && !plan.lineRecords ? [text.trimEnd()] : splitLines(text);
  if (answers.length !== records.length) {
    throw new SluiceError(
      'InvalidArgument',
      `DataProcessing: expected as many answers as records, got ${answers.length} for ${records.length}.`,
      { hint: 'Let the model answer with one line for each record, or use the SingleRecord strategy.' },
    );
  }
  const lines = records.map((record, index) =>
    plan.processing.finishOutput(withoutReturn(record), withoutReturn(answers[index] as string)),
  );
  return Buffer.from(lines.join('\n') + (text.endsWith('\n') ? '\n' : ''));
}

/** An object that is sent whole may not be larger than a payload: it is refused before it is read to its end. */
async function* limited(source: AsyncIterable<Uint8Array>, plan: TransformPlan): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (plan.splitType === 'None') checkSize(bytes, plan);
    yield chunk;
  }
}

function checkSize(bytes: number, { maxPayloadBytes, splitType }: TransformPlan): void {
  if (maxPayloadBytes === 0 || bytes <= maxPayloadBytes) return;
  const what = splitType === 'None' ? 'an object' : 'a record';
  throw new SluiceError(
    'InvalidArgument',
    `Too much data for max payload size: ${what} has more than ${maxPayloadBytes} bytes.`,
    { hint: 'Raise MaxPayloadInMB, or split the input with SplitType.' },
  );
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
