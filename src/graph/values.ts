import type { Json, Variable, VariableType } from './types.ts';

const URI = /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:\/\/|file:[^/])/;

/** Whether a text is a place of data with a scheme: `s3://…`, `file://…`, or a relative `file:…` of a portable graph. */
export function isUri(text: string): boolean {
  return URI.test(text);
}

/** What is wrong with a value for a variable, `expected …, got …`; undefined when it fits. */
export function valueProblem(type: VariableType, value: unknown): string | undefined {
  if (type === 'json') return jsonProblem(value);
  if (fits[type](value)) return undefined;
  return `expected ${expectations[type]}, got ${describeValue(value)}`;
}

/** Whether what has one type may be given where another is asked for. */
export function isAssignable(from: VariableType, to: VariableType): boolean {
  return (
    from === to ||
    to === 'json' ||
    (from === 'integer' && to === 'float') ||
    (from === 'uri' && to === 'string')
  );
}

/** Whether an input must be given. */
export function isRequired(variable: Variable): boolean {
  return variable.default === undefined && variable.required !== false;
}

/** A value for messages: its JSON, cut. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = Array.isArray(value) ? 'a list' : 'an object';
  return value.constructor === Object || Array.isArray(value)
    ? kind
    : `a ${value.constructor?.name ?? 'value'}`;
}

const fits: Record<Exclude<VariableType, 'json'>, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  uri: (value) => typeof value === 'string' && isUri(value),
};

const expectations: Record<Exclude<VariableType, 'json'>, string> = {
  string: 'a string',
  integer: 'an integer',
  float: 'a number',
  boolean: 'true or false',
  uri: 'a URI such as s3://bucket/key or file:///path',
};

function quote(text: string): string {
  return text.length > 80 ? `'${text.slice(0, 80)}…'` : `'${text}'`;
}

/** What keeps a value from being JSON, with the path to it. */
function jsonProblem(value: unknown, path = '', parents: readonly unknown[] = []): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  const place = path === '' ? '' : ` at '${path.slice(1)}'`;
  if (!isPlain(value)) return `expected JSON, got ${describeValue(value)}${place}`;
  if (parents.includes(value)) return `expected JSON, got an object that contains itself${place}`;
  const inside = [...parents, value];
  for (const [key, part] of Object.entries(value)) {
    // JSON.stringify leaves such properties out; in a list it would write null.
    if (part === undefined && !Array.isArray(value)) continue;
    const problem = jsonProblem(part, `${path}.${key}`, inside);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isPlain(value: unknown): value is Record<string, Json> | readonly Json[] {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm have their own Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
