const LETTERS = ['', 'K', 'M', 'G', 'T', 'P'];

/** How a size is written, for messages. */
export const SIZE_FORM =
  'bytes, or a number with KB, MB, GB, TB (or KiB, MiB, …) behind it, for example 20GB';

/** Bytes of `500MB` (10⁶), `1.5GiB` (2³⁰), `1024`; undefined for another text. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?) ?(?:([KMGTP])(i)?)?B?$/i.exec(text.trim());
  if (!match) return undefined;
  const [, number, letter = '', binary] = match;
  return Math.round(Number(number) * (binary ? 1024 : 1000) ** LETTERS.indexOf(letter.toUpperCase()));
}
