/**
 * Checks an input against the constraints of its operation's model and tells of all failures at once, in AWS's words.
 *
 * Source: errors of the real service. Lengths before patterns, joined by `; `:
 * aws-samples/sagemaker-ml-workflow-with-apache-airflow issue 3. Paths with `.1.member`: aws/amazon-sagemaker-examples
 * issue 2236. `Map value must satisfy constraint: […]`, greatest length first:
 * aws-samples/amazon-sagemaker-pytorch-detectron2 issue 10. Entries of a map: aws/sagemaker-python-sdk issue 6016. The
 * patterns, limits and enums are the service model's.
 * Gaps: AWS's own patterns differed in the past (`^[a-zA-Z0-9](-*[a-zA-Z0-9])*`) from those of the model today. The text
 * for an entry of a list, for the keys of a map and for a null in either was not found; it is made like that for the
 * values of a map. The order in which AWS tells of several members is not known; ours is the model's.
 * By design: the entries of a list or map that is too long are not checked one by one, and no pattern is tried on a
 * text so long that its length is wrong in any case.
 */
import { type AwsError, validationError } from './aws-error.ts';
import { formatValue, lowerFirst } from './format-value.ts';
import { matchesPattern } from './java-pattern.ts';
import type { ServiceModel, Shape } from './model/service-model.ts';
import { scalarText } from './scalar-text.ts';

/** Longer texts are not matched against patterns. */
const MAX_PATTERN_TEXT = 8192;

/** The most failures that one answer tells, and the most characters it quotes of one value. */
const MAX_FAILURES = 100;
const MAX_QUOTED = 32_768;

/**
 * Checks an input as {@link parseInput} gives it.
 *
 * @throws AwsError `ValidationException`
 */
export function validateInput(model: ServiceModel, shape: string | undefined, value: unknown): void {
  if (shape === undefined) return;
  const failures = new InputValidator(model).failuresOf(shape, value);
  if (failures.length > 0) throw failuresError(failures);
}

function failuresError(failures: readonly string[]): AwsError {
  const head = failures.length === 1 ? '1 validation error' : `${failures.length} validation errors`;
  return validationError(`${head} detected: ${failures.slice(0, MAX_FAILURES).join('; ')}`);
}

class InputValidator {
  readonly #model: ServiceModel;
  readonly #failures: string[] = [];
  /** Where the check is: put together only for what fails. */
  readonly #path: string[] = [];

  constructor(model: ServiceModel) {
    this.#model = model;
  }

  failuresOf(shapeName: string, value: unknown): readonly string[] {
    this.#check(shapeName, value);
    return this.#failures;
  }

  #check(shapeName: string, value: unknown): void {
    const shape = this.#shape(shapeName);
    for (const constraint of brokenConstraints(shape, value)) this.#fail(shapeName, value, constraint);
    if (shape.type === 'structure') this.#checkMembers(shape, value as Readonly<Record<string, unknown>>);
    else if (isScalar(shape) || tooLong(shape, value)) return;
    else if (shape.type === 'list') this.#checkElements(shapeName, shape, value as unknown[]);
    else this.#checkEntries(shapeName, shape, value as Record<string, unknown>);
  }

  #checkMembers(shape: Shape, value: Readonly<Record<string, unknown>>): void {
    for (const { name, shownName, shapeName, required } of membersOf(shape)) {
      const member = value[name];
      if (member !== undefined) this.#checkAt(shownName, shapeName, member);
      else if (required) this.#checkAt(shownName, shapeName, null);
    }
  }

  #checkElements(shapeName: string, shape: Shape, value: readonly unknown[]): void {
    const memberName = shape.member as string;
    const member = this.#shape(memberName);
    if (isScalar(member)) {
      if (value.every((each) => satisfies(member, each))) return;
      this.#fail(shapeName, value, `Member must satisfy constraint: [${allConstraints(member)}]`);
      return;
    }
    for (const [index, each] of value.entries()) this.#checkAt(`${index + 1}.member`, memberName, each);
  }

  #checkEntries(shapeName: string, shape: Shape, value: Readonly<Record<string, unknown>>): void {
    const key = this.#shape(shape.key as string);
    const member = this.#shape(shape.value as string);
    if (!Object.keys(value).every((each) => satisfies(key, each))) {
      this.#fail(shapeName, value, `Map keys must satisfy constraint: [${allConstraints(key)}]`);
    }
    if (isScalar(member)) {
      if (Object.values(value).every((each) => satisfies(member, each))) return;
      this.#fail(shapeName, value, `Map value must satisfy constraint: [${allConstraints(member)}]`);
      return;
    }
    for (const [name, each] of Object.entries(value))
      this.#checkAt(`${name}.member`, shape.value as string, each);
  }

  /** Checks what lies one step further down the path. */
  #checkAt(step: string, shapeName: string, value: unknown): void {
    this.#path.push(step);
    if (value === null) this.#fail(shapeName, null, 'Member must not be null');
    else this.#check(shapeName, value);
    this.#path.pop();
  }

  #fail(shapeName: string, value: unknown, constraint: string): void {
    const shape = this.#shape(shapeName);
    const text = formatValue(this.#model, shapeName, value).slice(0, MAX_QUOTED);
    const shown = value === null ? 'Value null' : shape.sensitive ? 'Value' : `Value '${text}'`;
    const path = this.#path.join('.');
    this.#failures.push(`${shown} at '${path}' failed to satisfy constraint: ${constraint}`);
  }

  #shape(name: string): Shape {
    return this.#model.shapes[name] as Shape;
  }
}

interface Member {
  readonly name: string;
  /** The name as paths have it. */
  readonly shownName: string;
  readonly shapeName: string;
  readonly required: boolean;
}

const members = new WeakMap<Shape, readonly Member[]>();

/** The members of a structure, in the model's order. */
function membersOf(shape: Shape): readonly Member[] {
  const known = members.get(shape);
  if (known) return known;
  const made = Object.entries(shape.members ?? {}).map(([name, shapeName]) => ({
    name,
    shownName: lowerFirst(name),
    shapeName,
    required: shape.required?.includes(name) ?? false,
  }));
  members.set(shape, made);
  return made;
}

function isScalar(shape: Shape): boolean {
  return shape.type !== 'structure' && shape.type !== 'list' && shape.type !== 'map';
}

function satisfies(shape: Shape, value: unknown): boolean {
  if (value === null) return false;
  return brokenConstraints(shape, value).length === 0;
}

function tooLong(shape: Shape, value: unknown): boolean {
  if (shape.max === undefined) return false;
  const size = measure(shape, value);
  return size !== undefined && size.amount > shape.max;
}

/** The constraints of a shape that a value of it breaks, in AWS's order. */
function brokenConstraints(shape: Shape, value: unknown): string[] {
  const broken: string[] = [];
  const bounded = shape.max !== undefined || shape.min !== undefined;
  const size = bounded ? measure(shape, value) : undefined;
  if (size && shape.max !== undefined && size.amount > shape.max) broken.push(atMost(size.what, shape.max));
  if (size && shape.min !== undefined && size.amount < shape.min) broken.push(atLeast(size.what, shape.min));
  if (shape.pattern !== undefined && !fitsPattern(shape.pattern, value)) broken.push(pattern(shape.pattern));
  if (shape.enum && !shape.enum.includes(value as string)) broken.push(enumeration(shape.enum));
  return broken;
}

/** Every constraint of a shape: what is said of a list or map in which one entry breaks one of them. */
function allConstraints(shape: Shape): string {
  const what = isNumber(shape) ? 'value' : 'length';
  return [
    ...(shape.max === undefined ? [] : [atMost(what, shape.max)]),
    ...(shape.min === undefined ? [] : [atLeast(what, shape.min)]),
    ...(shape.pattern === undefined ? [] : [pattern(shape.pattern)]),
    ...(shape.enum ? [enumeration(shape.enum)] : []),
    ...((shape.max ?? shape.min ?? shape.pattern ?? shape.enum) ? [] : ['Member must not be null']),
  ].join(', ');
}

function fitsPattern(expression: string, value: unknown): boolean {
  const text = scalarText(value);
  return text.length > MAX_PATTERN_TEXT || matchesPattern(expression, text);
}

interface Size {
  readonly what: 'length' | 'value';
  readonly amount: number;
}

function measure(shape: Shape, value: unknown): Size | undefined {
  if (isNumber(shape)) return { what: 'value', amount: value as number };
  switch (shape.type) {
    case 'string':
    case 'list':
    case 'blob':
      return { what: 'length', amount: (value as { readonly length: number }).length };
    case 'map':
      return { what: 'length', amount: Object.keys(value as object).length };
    default:
      return undefined;
  }
}

function isNumber({ type }: Shape): boolean {
  return type === 'integer' || type === 'long' || type === 'float' || type === 'double';
}

function atMost(what: Size['what'], limit: number): string {
  return `Member must have ${what} less than or equal to ${limit}`;
}

function atLeast(what: Size['what'], limit: number): string {
  return `Member must have ${what} greater than or equal to ${limit}`;
}

function pattern(expression: string): string {
  return `Member must satisfy regular expression pattern: ${expression}`;
}

function enumeration(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`;
}
