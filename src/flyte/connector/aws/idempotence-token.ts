import { createHash } from 'node:crypto';
import type { Json } from '../../../graph/index.ts';
import { sortedText } from './python-text.ts';

/**
 * What stands for `{idempotence_token}` in the name of a job: it follows from the attempt and the configuration, so that the
 * same request twice is one job, and a retry or another execution is a new one. Pure.
 *
 * @param attempt names the attempt: execution, node and number
 */
export function attemptToken(attempt: string, config: Json): string {
  return createHash('sha256')
    .update(`${attempt}\n${sortedText(config)}`)
    .digest('hex')
    .slice(0, 16);
}

/**
 * What stands for it in the name of what stays: a model, an endpoint. It follows from the configuration alone and is what
 * flytekit's own connector takes, so that what that has made is found again.
 */
export async function configToken(config: Json): Promise<string> {
  const { default: xxhash } = await import('xxhash-wasm');
  const { h64ToString } = await hasher(xxhash);
  return h64ToString(sortedText(config));
}

let made: Promise<{ h64ToString(text: string): string }> | undefined;

function hasher(make: () => Promise<{ h64ToString(text: string): string }>): NonNullable<typeof made> {
  made ??= make();
  return made;
}
