/** The longest line that is read as one. Bytes. */
const LONGEST = 32 << 20;

/**
 * The lines of a stream, without their ends; the last one where it has no end too.
 *
 * @throws what the stream fails with; Error for a line over 32 MiB
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    let from = 0;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      const line = bytes.subarray(from, at);
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      length = 0;
      from = at + 1;
    }
    if (from < bytes.length) rest.push(bytes.subarray(from));
    length += bytes.length - from;
    if (length > LONGEST) throw new Error(`A line has more than ${LONGEST} bytes.`);
  }
  if (length > 0) yield Buffer.concat(rest);
}
