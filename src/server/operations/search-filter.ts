/**
 * Which jobs a SearchExpression picks.
 *
 * Source: API_Search, API_SearchExpression, API_Filter, API_NestedFilters. By design: a property that the job has not
 * is never equal, greater or less; two properties are compared as what the job's value is, number, time or text.
 */
import type { Filter, NestedFilters, SearchExpression } from '@aws-sdk/client-sagemaker';
import { validationError } from '../wire/aws-error.ts';
import { parseTime } from '../wire/parse-time.ts';
import { scalarText } from '../wire/scalar-text.ts';
import { propertyKind, validateFilter } from './search-properties.ts';

/** A property of a job, or of a part of it, by its dotted name. */
export type PropertyReader = (name: string) => unknown;

/** The sub-expressions, filters and nested filters of one request: AWS's limit. */
const MAX_CONDITIONS = 50;

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
  const all = [expression, ...subExpressions(expression)];
  const nested = all.flatMap(({ NestedFilters }) => NestedFilters ?? []);
  const filters = [...all, ...nested].flatMap(({ Filters }) => Filters ?? []);
  if (all.length - 1 + nested.length + filters.length > MAX_CONDITIONS) {
    throw validationError(
      `A search expression can have at most ${MAX_CONDITIONS} SubExpressions, NestedFilters and Filters.`,
    );
  }
  for (const each of all) each.Filters?.forEach(validateFilter);
  nested.forEach(validateNested);
  if (filters.filter(({ Operator: operator }) => operator === 'Contains').length > 1) {
    throw validationError("'CONTAINS' operator usage limit of 1 exceeded.");
  }
}

function subExpressions({ SubExpressions: below = [] }: SearchExpression): SearchExpression[] {
  return below.flatMap((each) => [each, ...subExpressions(each)]);
}

function validateNested({ NestedPropertyName: name = '', Filters: filters = [] }: NestedFilters): void {
  if (propertyKind(name) !== 'list') {
    throw validationError(`The nested property ${name} is no list of the resource TrainingJob.`);
  }
  for (const filter of filters) validateFilter({ ...filter, Name: nestedName(name, filter.Name ?? '') });
}

/** A property of a nested filter may be named in full, or from the nested property on. */
function nestedName(nested: string, name: string): string {
  return name.startsWith(`${nested}.`) ? name : `${nested}.${name}`;
}

/** `HyperParameters.depth` of a job; of a list, `InputDataConfig.ChannelName`, the values that its parts have. */
export function readProperty(subject: unknown, name: string): unknown {
  let value = subject;
  for (let rest = name; rest !== ''; ) {
    if (Array.isArray(value)) return valuesOfParts(value, rest);
    if (typeof value !== 'object' || value === null) return undefined;
    const key = longestKey(value, rest);
    if (key === undefined) return undefined;
    value = (value as Record<string, unknown>)[key];
    rest = rest.slice(key.length + 1);
  }
  return value;
}

function valuesOfParts(parts: readonly unknown[], name: string): unknown[] | undefined {
  const values = parts.map((part) => readProperty(part, name)).filter((value) => value !== undefined);
  return values.length > 0 ? values.flat() : undefined;
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

function matchesNested(
  { NestedPropertyName: name = '', Filters: filters }: NestedFilters,
  subject: object,
): boolean {
  const parts = readProperty(subject, name);
  if (!Array.isArray(parts)) return false;
  return parts.some((part) =>
    (filters ?? []).every((filter) =>
      matchesFilter(filter, (property) =>
        readProperty(part, nestedName(name, property).slice(name.length + 1)),
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
  const values = Array.isArray(actual) ? actual : [actual];
  if (operator === 'NotEquals') return values.every((value) => compare(value, wanted) !== 0);
  return actual !== undefined && values.some((value) => matchesValue(value, operator, wanted));
}

function matchesValue(actual: unknown, operator: Filter['Operator'], wanted: string): boolean {
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
  if (actual instanceof Date) return actual.getTime() - parseTime(wanted);
  if (typeof actual === 'number') return actual - Number(wanted);
  if (typeof actual === 'boolean') return String(actual) === wanted.toLowerCase() ? 0 : Number.NaN;
  const numbers = [Number(actual), Number(wanted)] as const;
  if (typeof actual === 'string' && actual !== '' && numbers.every((each) => !Number.isNaN(each))) {
    return numbers[0] - numbers[1];
  }
  const text = scalarText(actual);
  return text === wanted ? 0 : text < wanted ? -1 : 1;
}
