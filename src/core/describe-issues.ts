import { z } from 'zod';
import { configurationSchema } from './config-schema.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong with a configuration: each field with its path, what an unknown one was probably meant to be, and which there are. */
export function describeIssues(error: z.ZodError): string {
  return [z.prettifyError(error), ...error.issues.map(meant)].filter((line) => line !== '').join('\n');
}

function meant(issue: Issue): string {
  if (issue.code !== 'unrecognized_keys') return '';
  const known = keysAt(configurationSchema, issue.path);
  return known.length === 0 ? '' : issue.keys.map((key) => suggest(key, known)).join(' ');
}

/** The fields that an object of the schema has. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(inner.shape ?? {});
  return keysAt(inner.shape?.[String(first)] ?? inner.valueType ?? inner.element, rest);
}

interface Shaped {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly valueType?: unknown;
  /** Of a list. */
  readonly element?: unknown;
}

function unwrap(schema: unknown): Shaped {
  const { def } = (schema ?? {}) as {
    readonly def?: { readonly type?: string; readonly innerType?: unknown };
  };
  return def?.type === 'optional' ? unwrap(def.innerType) : (schema ?? {});
}
