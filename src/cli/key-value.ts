import { InvalidArgumentError } from 'commander';
import { isServerUrl } from '../core/is-server-url.ts';
import { DURATION_FORM, parseDuration } from '../core/parse-duration.ts';
import { parseSize, SIZE_FORM } from '../core/parse-size.ts';

/** Gathers a repeated `name=value` option. The value may hold further `=`. */
export function collectKeyValue(
  text: string,
  collected: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const split = text.indexOf('=');
  if (split < 1) throw new InvalidArgumentError(`Expected name=value, got '${text}'.`);
  const name = text.slice(0, split);
  if (Object.hasOwn(collected, name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return { ...collected, [name]: text.slice(split + 1) };
}

/** Gathers a repeated option into a list. */
export function collect(text: string, collected: readonly string[] = []): string[] {
  return [...collected, text];
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError(`Expected a whole number above 0, got '${text}'.`);
  return Number(text);
}

/** A port; 0 means a free one. */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError(`Expected a port from 0 to 65535, got '${text}'.`);
  }
  return Number(text);
}

/** Where a server is reached. */
export function parseServerUrl(text: string): string {
  if (!isServerUrl(text))
    throw new InvalidArgumentError(`Expected a URL such as https://a.example.com:4777, got '${text}'.`);
  return text;
}

/** Milliseconds of `30d`. */
export function parseAge(text: string): number {
  const age = parseDuration(text);
  if (age === undefined) throw new InvalidArgumentError(`Expected ${DURATION_FORM}; got '${text}'.`);
  return age;
}

/** Bytes of `20GB`. */
export function parseByteCount(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(`Expected ${SIZE_FORM}; got '${text}'.`);
  return bytes;
}
