/**
 * The body of a form that a browser posts: fields, and the file as a stream. The file comes last; what follows is ignored,
 * as S3 does.
 *
 * Source: https://datatracker.ietf.org/doc/html/rfc7578 and
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
 */
import { S3Error } from './s3-error.ts';

/** A form as far as it is read. */
export interface FormData {
  /** By lower-case names. */
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  /** Its bytes; to be read once. */
  readonly file: AsyncIterable<Uint8Array>;
}

/** S3's limit on all that comes before the file. */
const FIELDS_LIMIT_BYTES = 20 * 1024;

/**
 * Reads a form up to its file.
 *
 * @throws S3Error `MalformedPOSTRequest`, `MaxPostPreDataLengthExceededError`, `IncorrectNumberOfFilesInPostRequest`
 */
export async function readForm(source: AsyncIterable<Buffer>, contentType: string): Promise<FormData> {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  if (!boundary) throw new S3Error('MalformedPOSTRequest');
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const input = new FormReader(source);
  const fields = new Map<string, string>();
  await input.until(delimiter);
  for (;;) {
    const end = await input.until(Buffer.from('\r\n'));
    if (end.toString().startsWith('--')) throw new S3Error('IncorrectNumberOfFilesInPostRequest');
    const { name, fileName } = readDisposition((await input.until(Buffer.from('\r\n\r\n'))).toString());
    if (name === 'file') return { fields, fileName, file: input.stream(delimiter) };
    fields.set(name, (await input.until(delimiter)).toString());
  }
}

function readDisposition(head: string): { readonly name: string; readonly fileName: string } {
  const line = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
  const value = (field: string) =>
    new RegExp(`(?:^|;)\\s*${field}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, 'i').exec(line);
  const name = value('name');
  if (!name) throw new S3Error('MalformedPOSTRequest');
  const fileName = value('filename');
  const path = (fileName?.[1] ?? fileName?.[2] ?? '').replaceAll(/\\(["\\])/g, '$1').replaceAll('%22', '"');
  return { name: (name[1] ?? name[2] ?? '').toLowerCase(), fileName: path.split(/[/\\]/).at(-1) ?? '' };
}

/** Reads up to delimiters. */
class FormReader {
  readonly #source: AsyncIterator<Buffer>;
  /** So that the first delimiter is found like all others. */
  #rest: Buffer = Buffer.from('\r\n');
  #read = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** What comes before a delimiter, which is taken too. */
  async until(delimiter: Buffer): Promise<Buffer> {
    for (;;) {
      const end = this.#rest.indexOf(delimiter);
      const length = end < 0 ? this.#rest.length - delimiter.length : end;
      if (this.#read + length > FIELDS_LIMIT_BYTES) throw new S3Error('MaxPostPreDataLengthExceededError');
      if (end >= 0) {
        const found = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + delimiter.length);
        this.#read += end;
        return found;
      }
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    }
  }

  /** The same, piece by piece, and without a limit. */
  async *stream(delimiter: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const end = this.#rest.indexOf(delimiter);
      const sure = end < 0 ? Math.max(0, this.#rest.length - delimiter.length + 1) : end;
      if (sure > 0) yield this.#rest.subarray(0, sure);
      if (end >= 0) return;
      const rest = this.#rest.subarray(sure);
      const piece = await this.#next();
      this.#rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    }
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#source.next();
    if (done) throw new S3Error('MalformedPOSTRequest');
    return value;
  }
}
