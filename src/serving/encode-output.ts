import { acceptedTypes, CSV, JSON_LINES, JSON_TYPE } from './content-type.ts';
import { formatCsv } from './csv.ts';
import { HttpError } from './http-error.ts';
import type { EncodedOutput } from './types.ts';

const encoders: Readonly<Record<string, (value: unknown) => string>> = {
  [CSV]: formatCsv,
  [JSON_TYPE]: (value) => JSON.stringify(value) ?? 'null',
  [JSON_LINES]: (value) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .map((line) => `${JSON.stringify(line) ?? 'null'}\n`)
      .join(''),
};

/** Encodes an answer where the inference script has no `outputFn`. @throws HttpError 406 */
export function encodeOutput(prediction: unknown, accept: string): EncodedOutput {
  for (const type of acceptedTypes(accept)) {
    const chosen = type === '*/*' || type === 'application/*' ? JSON_TYPE : type === 'text/*' ? CSV : type;
    const encode = encoders[chosen];
    if (encode) return { body: encode(prediction), contentType: chosen };
  }
  throw new HttpError(
    406,
    `Accept '${accept}' is not supported: ask for ${Object.keys(encoders).join(', ')}, or export outputFn.`,
  );
}
