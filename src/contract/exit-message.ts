/**
 * What a processing job says at its end: `/opt/ml/output/message` becomes ExitMessage.
 *
 * Source: AWS developer guide, "How Amazon SageMaker Processing Configures Logs and Metrics": UTF-8, the first
 * kilobyte, the messages of all hosts joined and then cut; bytes that are not UTF-8 fail the job as ClientError.
 */
import { SluiceError } from '../core/errors.ts';

/** The most of a message that is kept: bytes. */
export const MAX_EXIT_MESSAGE_BYTES = 1024;

/**
 * The ExitMessage of all hosts' message files, in the order of hosts; undefined where there is none.
 *
 * @throws SluiceError `InvalidArgument` when a message is not UTF-8.
 */
export function exitMessage(messages: readonly Uint8Array[]): string | undefined {
  const joined = Buffer.concat(messages);
  const kept = joined.subarray(0, characterBoundary(joined));
  if (kept.length === 0) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(kept);
  } catch (cause) {
    throw new SluiceError('InvalidArgument', 'The exit message /opt/ml/output/message is not UTF-8 text.', {
      cause,
      hint: 'Write the message as UTF-8, or do not write the file.',
    });
  }
}

/** Where the first kilobyte ends without cutting a character in two. */
function characterBoundary(bytes: Uint8Array): number {
  if (bytes.length <= MAX_EXIT_MESSAGE_BYTES) return bytes.length;
  let end = MAX_EXIT_MESSAGE_BYTES;
  while (end > MAX_EXIT_MESSAGE_BYTES - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
