import { InvalidArgumentError } from 'commander';
import type { Distribution, Json } from '../graph/index.ts';

/** JSON's own number, `true` or `null`, kept as it was typed: `1.0` stays `1.0`. Missing in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): Json };

/**
 * Hyperparameters as they were typed: what is JSON means that value, as in SageMaker's own API; everything else is text.
 * A text that looks like JSON is quoted: `version="1.10"`.
 */
export function readHyperparameters(texts: Readonly<Record<string, string>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, readHyperparameter(text)]));
}

function readHyperparameter(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null ? value : rawJSON(text.trim());
  } catch {
    return text;
  }
}

/** `--distribution mpi`, or the SDK's own form as JSON. */
export function parseDistribution(text: string): Distribution {
  if (/^\w+$/.test(text)) return { [text]: { enabled: true } };
  try {
    const value = JSON.parse(text) as unknown;
    if (isRecord(value) && Object.values(value).every(isRecord)) return value as Distribution;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(
    `Expected a name such as mpi, or JSON such as {"mpi": {"enabled": true}}, got '${text}'.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
