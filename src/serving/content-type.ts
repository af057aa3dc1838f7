/** The content types that are decoded and encoded without functions of the user. */
export const CSV = 'text/csv';
export const JSON_TYPE = 'application/json';
export const JSON_LINES = 'application/jsonlines';

/** Other names of the same. */
const ALIASES: Readonly<Record<string, string>> = {
  'application/csv': CSV,
  'application/x-ndjson': JSON_LINES,
  'application/x-jsonlines': JSON_LINES,
  'application/jsonl': JSON_LINES,
};

/** A content type without its parameters, in lower case, by its usual name. */
export function plainContentType(contentType: string): string {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return ALIASES[type] ?? type;
}

/** The content types of an `Accept` header, the most wanted first. */
export function acceptedTypes(accept: string): string[] {
  return accept
    .split(',')
    .map((entry) => ({ type: plainContentType(entry), quality: qualityOf(entry) }))
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ type }) => type);
}

function qualityOf(entry: string): number {
  const quality = Number(/;\s*q=([0-9.]+)/i.exec(entry)?.[1] ?? 1);
  return Number.isNaN(quality) ? 1 : quality;
}
