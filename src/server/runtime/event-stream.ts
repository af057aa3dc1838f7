/**
 * AWS's event streams: the answers of InvokeEndpointWithResponseStream.
 *
 * Source: https://smithy.io/2.0/aws/amazon-eventstream.html
 */
import { crc32 } from 'node:zlib';

/** The content type of an event stream. */
export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** The type of a header's value that is a string. */
const STRING_TYPE = 7;
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;

/** A part of the model's answer as an event. */
export function payloadPart(chunk: Uint8Array): Buffer {
  return encode(
    { ':message-type': 'event', ':event-type': 'PayloadPart', ':content-type': 'application/octet-stream' },
    chunk,
  );
}

/** The end of an answer that broke off. */
export function streamError(message: string, errorCode: string): Buffer {
  return encode(
    {
      ':message-type': 'exception',
      ':exception-type': 'ModelStreamError',
      ':content-type': 'application/json',
    },
    Buffer.from(JSON.stringify({ Message: message, ErrorCode: errorCode })),
  );
}

function encode(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const length = PRELUDE_BYTES + head.length + payload.length + CRC_BYTES;
  const message = Buffer.allocUnsafe(length);
  message.writeUInt32BE(length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, length - CRC_BYTES)), length - CRC_BYTES);
  return message;
}

function encodeHeader(name: string, value: string): Buffer {
  const bytes = Buffer.allocUnsafe(1 + name.length + 3 + Buffer.byteLength(value));
  bytes.writeUInt8(name.length, 0);
  bytes.write(name, 1, 'latin1');
  bytes.writeUInt8(STRING_TYPE, 1 + name.length);
  bytes.writeUInt16BE(Buffer.byteLength(value), 2 + name.length);
  bytes.write(value, 4 + name.length);
  return bytes;
}
