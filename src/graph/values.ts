import { describeValue, jsonProblem } from '../core/json-problem.ts';
import type { Variable, VariableType } from './types.ts';

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
