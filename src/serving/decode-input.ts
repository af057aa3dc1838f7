import { CSV, JSON_LINES, JSON_TYPE, plainContentType } from './content-type.ts';
import { parseCsv } from './csv.ts';
import { HttpError, messageOf } from './http-error.ts';

const decoders: Readonly<Record<string, (text: string) => unknown>> = {
  [CSV]: parseCsv,
  [JSON_TYPE]: (text) => JSON.parse(text) as unknown,
  [JSON_LINES]: (text) =>
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as unknown),
};

/** Decodes a request where the inference script has no `inputFn`. @throws HttpError 415, 400 */
export function decodeInput(body: Buffer, contentType: string): unknown {
  const decode = decoders[plainContentType(contentType)];
  if (!decode) {
    throw new HttpError(
      415,
      `Content type '${contentType}' is not supported: send ${Object.keys(decoders).join(', ')}, or export inputFn.`,
    );
  }
  try {
    return decode(body.toString('utf8'));
  } catch (error) {
    throw new HttpError(400, `The body is not ${contentType}: ${messageOf(error)}`, error);
  }
}
