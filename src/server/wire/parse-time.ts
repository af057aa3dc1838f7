/** `2026-11-27`, `2026-11-27T10:00:00`, with fractions and a zone or without: then it is UTC, wherever the server is. */
const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;
const HTTP = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** A time in words, as ISO 8601 and HTTP have it, or as seconds since 1970: milliseconds since 1970, NaN for another text. */
export function parseTime(text: string): number {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const [, date, time = '00:00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  if (date !== undefined) return Date.parse(`${date}T${time}${zone}`);
  return HTTP.test(text) ? Date.parse(text) : Number.NaN;
}
