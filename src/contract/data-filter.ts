/**
 * The JSONPath expressions of DataProcessing: InputFilter and OutputFilter.
 *
 * Source: AWS developer guide, "Associate Prediction Results with Input Records", and the API reference of
 * DataProcessing: the operators are `$`, `.name`, `*`, `['a','b']`, `[i,j]` and `[a:b]`, also mixed as in
 * `[0,5:]`; indexes may be negative; at most 63 characters; an index out of range is an error.
 *
 * By design: whether `[1:4]` has the element 4 is not documented. {@link DEFAULT_SLICE_END} says it has not, as in
 * JSONPath everywhere else; callers may choose. Several names give an object with these members, several indexes, a
 * slice or `*` an array, as Jayway's JSONPath answers, which AWS's examples follow.
 */
import parseJsonPath from 'jsonpath-rfc9535/parser';
import { SluiceError } from '../core/errors.ts';
import type { ExactJson } from './json-text.ts';

/** The longest expression. */
export const MAX_FILTER_LENGTH = 63;

/** Whether the end of a slice belongs to it. */
export type SliceEnd = 'exclusive' | 'inclusive';

/** @see the header of this file */
export const DEFAULT_SLICE_END: SliceEnd = 'exclusive';

/** An expression that was read. */
export interface DataFilter {
  readonly expression: string;
  /** `$`: everything stays as it is. */
  readonly isWhole: boolean;
  /** @throws SluiceError `InvalidArgument` when the value has not what the expression names. */
  apply(value: ExactJson): ExactJson;
  /** As {@link apply}, for a CSV row. */
  applyToRow(row: readonly string[]): readonly string[];
}

type Selector =
  | { readonly type: 'NameSelector' | 'MemberNameShorthand'; readonly value: string }
  | { readonly type: 'IndexSelector'; readonly value: number }
  | {
      readonly type: 'SliceSelector';
      readonly start: number | null;
      readonly end: number | null;
      readonly step: number | null;
    }
  | { readonly type: 'WildcardSelector' }
  | { readonly type: 'FilterSelector' };

/**
 * Reads an expression.
 *
 * @param field - How messages call it: `DataProcessing.InputFilter`.
 * @throws SluiceError `InvalidArgument`
 */
export function parseDataFilter(
  expression: string,
  field: string,
  sliceEnd: SliceEnd = DEFAULT_SLICE_END,
): DataFilter {
  const fail = (what: string): never => {
    throw new SluiceError(
      'InvalidArgument',
      `${field}: ${what} in the JSONPath expression '${expression}'.`,
      {
        hint: "Use $, .name, *, ['a','b'], [0,2] and [1:4], for example $[1:] or $['id','SageMakerOutput'].",
      },
    );
  };
  if (expression.length > MAX_FILTER_LENGTH) {
    throw new SluiceError(
      'InvalidArgument',
      `${field}: expected at most ${MAX_FILTER_LENGTH} characters, got ${expression.length}.`,
    );
  }
  const steps = readSteps(expression, fail);
  return {
    expression,
    isWhole: steps.length === 0,
    apply: (value) => select(value, steps, sliceEnd, fail),
    applyToRow(row) {
      const named = steps.some((step) =>
        step.some((selector) => 'value' in selector && typeof selector.value === 'string'),
      );
      if (named || steps.length > 1)
        fail('expected nothing but one selection of columns by index, because the data is CSV,');
      const chosen = select(row, steps, sliceEnd, fail);
      return Array.isArray(chosen) ? (chosen as readonly string[]) : [chosen as string];
    },
  };
}

type Fail = (what: string) => never;

function readSteps(expression: string, fail: Fail): Selector[][] {
  let query: ReturnType<typeof parseJsonPath>;
  try {
    query = parseJsonPath(expression);
  } catch {
    return fail('there is an error');
  }
  return query.segments.map((segment) => {
    if (segment.type !== 'ChildSegment') return fail("'..' is not supported");
    const { node } = segment;
    const selectors = (node.type === 'BracketedSelection' ? node.selectors : [node]) as Selector[];
    if (selectors.some((each) => each.type === 'FilterSelector')) return fail('a filter is not supported');
    if (selectors.some((each) => each.type === 'SliceSelector' && each.step !== null)) {
      return fail('a slice with a step is not supported');
    }
    const names = selectors.filter((each) => isName(each)).length;
    if (names > 0 && names < selectors.length) return fail('names and indexes are mixed');
    return selectors;
  });
}

function isName(selector: Selector): selector is Extract<Selector, { readonly value: string }> {
  return selector.type === 'NameSelector' || selector.type === 'MemberNameShorthand';
}

function select(value: ExactJson, steps: readonly Selector[][], sliceEnd: SliceEnd, fail: Fail): ExactJson {
  const [step, ...rest] = steps;
  if (!step) return value;
  const follow = (part: ExactJson): ExactJson => select(part, rest, sliceEnd, fail);
  const [only] = step;
  if (step.length === 1 && only && (isName(only) || only.type === 'IndexSelector')) {
    return follow(isName(only) ? member(value, only.value, fail) : element(value, only.value, fail));
  }
  if (step.every(isName)) {
    return Object.fromEntries(step.map((each) => [each.value, follow(member(value, each.value, fail))]));
  }
  return step.flatMap((selector) => several(value, selector, sliceEnd, fail)).map(follow);
}

function several(value: ExactJson, selector: Selector, sliceEnd: SliceEnd, fail: Fail): readonly ExactJson[] {
  if (selector.type === 'IndexSelector') return [element(value, selector.value, fail)];
  if (selector.type === 'WildcardSelector' && isMapping(value)) return Object.values(value);
  if (!Array.isArray(value)) return fail('expected an array at an index, a slice or *');
  const list = value as readonly ExactJson[];
  if (selector.type !== 'SliceSelector') return list;
  const { start, end } = selector;
  const last = end === null ? list.length : sliceEnd === 'exclusive' ? end : end + 1 || list.length;
  const chosen = list.slice(start ?? 0, last);
  return chosen.length > 0 ? chosen : fail(`a slice is out of the range of ${list.length} elements`);
}

function member(value: ExactJson, name: string, fail: Fail): ExactJson {
  if (isMapping(value) && Object.hasOwn(value, name)) return value[name] as ExactJson;
  return fail(`the data has no member '${name}'`);
}

function element(value: ExactJson, index: number, fail: Fail): ExactJson {
  if (!Array.isArray(value)) return fail(`expected an array at index ${index}`);
  const list = value as readonly ExactJson[];
  return (
    list.at(index) ??
    (index < list.length && index >= -list.length
      ? null
      : fail(`index ${index} is out of the range of ${list.length} elements`))
  );
}

function isMapping(value: ExactJson): value is { readonly [key: string]: ExactJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

function isRawNumber(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value);
}
