const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** How a duration is written, for messages. */
export const DURATION_FORM = 'a number with s, m, h, d or w behind it, for example 30d';

/** Milliseconds of `90s`, `12h`, `30d`, `2w`; undefined for another text. `0` needs no unit. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d|w)$/.exec(text.trim());
  if (!match) return text.trim() === '0' ? 0 : undefined;
  return Number(match[1]) * (UNITS_MS[match[2] as string] as number);
}
