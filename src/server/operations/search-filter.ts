/**
 * Which jobs a SearchExpression picks.
 *
 * Source: API_Search, API_SearchExpression, API_Filter, API_NestedFilters. By design: a property that the job has not
 * is never equal, greater or less; two properties are compared as what the job's value is, number, time or text.
 */
import type { Filter, NestedFilters, SearchExpression } from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';
import { scalarText } from '../wire/scalar-text.ts';

/** A property of a job, or of a part of it, by its dotted name. */
export type PropertyReader = (name: string) => unknown;

/** The expressions in one request: AWS's limit. */
const MAX_FILTERS = 20;

/** Whether a job fits. An expression that says nothing fits every job. */
export function matchesExpression(expression: SearchExpression, subject: object): boolean {
  const results = [
    ...(expression.Filters ?? []).map((filter) => matchesFilter(filter, readerOf(subject))),
    ...(expression.NestedFilters ?? []).map((nested) => matchesNested(nested, subject)),
    ...(expression.SubExpressions ?? []).map((each) => matchesExpression(each, subject)),
  ];
  if (results.length === 0) return true;
  return expression.Operator === 'Or' ? results.some(Boolean) : results.every(Boolean);
}

/** @throws AwsError `ValidationException` for an expression that AWS refuses */
export function validateExpression(expression: SearchExpression): void {
  if (countFilters(expression) > MAX_FILTERS) {
    throw validationError(`A search expression can have at most ${MAX_FILTERS} filters.`);
  }
}

/** `InputDataConfig.ChannelName` of a job; maps and lists of `Name`-like parts are read by key. */
export function readProperty(subject: unknown, name: string): unknown {
  let value = subject;
  for (let rest = name; rest !== ''; ) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = longestKey(value, rest);
    if (key === undefined) return undefined;
    value = (value as Record<string, unknown>)[key];
    rest = rest.slice(key.length + 1);
  }
  return value;
}

function readerOf(subject: unknown): PropertyReader {
  return (name) => readProperty(subject, name);
}

/** Names of hyperparameters, metrics and tags may hold dots themselves. */
function longestKey(value: object, path: string): string | undefined {
  if (Object.hasOwn(value, path)) return path;
  const key = path.split('.', 1)[0] ?? '';
  return Object.hasOwn(value, key) ? key : undefined;
}

function countFilters(expression: SearchExpression): number {
  const nested = (expression.NestedFilters ?? []).reduce((sum, each) => sum + (each.Filters?.length ?? 0), 0);
  const deeper = (expression.SubExpressions ?? []).reduce((sum, each) => sum + countFilters(each), 0);
  return (expression.Filters?.length ?? 0) + nested + deeper;
}

function matchesNested(
  { NestedPropertyName: name = '', Filters: filters }: NestedFilters,
  subject: object,
): boolean {
  const parts = readProperty(subject, name);
  if (!Array.isArray(parts)) return false;
  return parts.some((part) =>
    (filters ?? []).every((filter) =>
      matchesFilter(filter, (property) =>
        readProperty(part, property.startsWith(`${name}.`) ? property.slice(name.length + 1) : property),
      ),
    ),
  );
}

function matchesFilter(
  { Name: name = '', Operator: operator, Value: wanted }: Filter,
  read: PropertyReader,
): boolean {
  const actual = read(name);
  if (operator === 'NotExists') return actual === undefined;
  if (operator === 'Exists' || wanted === undefined) return actual !== undefined;
  if (operator === 'NotEquals') return compare(actual, wanted) !== 0;
  if (actual === undefined) return false;
  const order = compare(actual, wanted);
  switch (operator) {
    case 'Contains':
      return scalarText(actual).includes(wanted);
    case 'In':
      return wanted.split(',').some((each) => compare(actual, each.trim()) === 0);
    case 'GreaterThan':
      return order > 0;
    case 'GreaterThanOrEqualTo':
      return order >= 0;
    case 'LessThan':
      return order < 0;
    case 'LessThanOrEqualTo':
      return order <= 0;
    default:
      return order === 0;
  }
}

/** Less than, equal to or greater than 0; NaN where the two cannot be compared. */
function compare(actual: unknown, wanted: string): number {
  if (actual instanceof Date) return actual.getTime() - Date.parse(wanted);
  if (typeof actual === 'number') return actual - Number(wanted);
  const numbers = [Number(actual), Number(wanted)] as const;
  if (typeof actual === 'string' && actual !== '' && numbers.every((each) => !Number.isNaN(each))) {
    return numbers[0] - numbers[1];
  }
  const text = scalarText(actual);
  return text === wanted ? 0 : text < wanted ? -1 : 1;
}
