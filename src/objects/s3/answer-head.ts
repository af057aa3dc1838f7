/** The status line and the headers of an answer of HTTP/1.1. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case names; the values of a repeated one are a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Bytes of the body; undefined where the answer does not say so beforehand. */
  readonly length: number | undefined;
  /** Whether the connection can take another request. */
  readonly keepsAlive: boolean;
}

/**
 * Reads a head, without the empty line at its end.
 *
 * @throws Error where it is none
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export function parseAnswerHead(text: string): AnswerHead {
  const [line = '', ...fields] = text.split('\r\n');
  const status = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(line);
  if (!status) throw new Error(`the answer does not begin as one of HTTP/1.1: '${line.slice(0, 40)}'`);
  const headers: Record<string, string | string[]> = {};
  for (const field of fields) addField(headers, field);
  const length = lengthOf(headers);
  const closes = /\bclose\b/i.test(String(headers['connection'] ?? ''));
  return { status: Number(status[2]), headers, length, keepsAlive: status[1] === '1' && !closes };
}

function addField(headers: Record<string, string | string[]>, field: string): void {
  const colon = field.indexOf(':');
  if (colon < 1) throw new Error(`the answer has a header without a name: '${field.slice(0, 40)}'`);
  const name = field.slice(0, colon).toLowerCase();
  const value = field.slice(colon + 1).trim();
  const before = headers[name];
  headers[name] = before === undefined ? value : [before, value].flat();
}

function lengthOf(headers: AnswerHead['headers']): number | undefined {
  const { 'content-length': length } = headers;
  if (headers['transfer-encoding'] !== undefined || length === undefined) return undefined;
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length))
    throw new Error(`the answer has the length '${String(length)}'`);
  return Number(length);
}
