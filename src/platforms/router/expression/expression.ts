import type { FactName } from '../fact-table.ts';

/** A comparison operator. */
export type Comparator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** An expression over facts, as it was read. */
export type Expression =
  | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'not'; readonly of: Expression }
  | { readonly type: 'constant'; readonly value: boolean }
  /** A fact that is true or false. */
  | { readonly type: 'fact'; readonly name: FactName }
  | {
      readonly type: 'compare';
      readonly name: FactName;
      readonly by: Comparator;
      readonly value: string | number | boolean;
    }
  | { readonly type: 'in'; readonly name: FactName; readonly values: readonly (string | number)[] };

/** The value of a fact; undefined where it is unknown. */
export type FactReader = (name: FactName) => string | number | boolean | undefined;

/** Whether an expression holds; undefined where that hangs on a fact that is unknown. Pure. */
export function evaluate(expression: Expression, read: FactReader): boolean | undefined {
  switch (expression.type) {
    case 'constant':
      return expression.value;
    case 'not': {
      const value = evaluate(expression.of, read);
      return value === undefined ? undefined : !value;
    }
    case 'and':
      return both(expression.left, expression.right, read, false);
    case 'or':
      return both(expression.left, expression.right, read, true);
    case 'fact':
      return read(expression.name) as boolean | undefined;
    case 'in': {
      const value = read(expression.name);
      return value === undefined ? undefined : expression.values.includes(value as string | number);
    }
    case 'compare': {
      const value = read(expression.name);
      return value === undefined ? undefined : compare(value, expression.by, expression.value);
    }
  }
}

/** `decided`: the value of one side that makes the other indifferent. */
function both(left: Expression, right: Expression, read: FactReader, decided: boolean): boolean | undefined {
  const a = evaluate(left, read);
  if (a === decided) return decided;
  const b = evaluate(right, read);
  if (b === decided) return decided;
  return a === undefined || b === undefined ? undefined : !decided;
}

function compare(left: string | number | boolean, by: Comparator, right: string | number | boolean): boolean {
  switch (by) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** The names of the facts that an expression hangs on. */
export function factsIn(expression: Expression): Set<FactName> {
  const names = new Set<FactName>();
  walk(expression, (part) => {
    if ('name' in part) names.add(part.name);
  });
  return names;
}

/** Calls for an expression and each of its parts. */
export function walk(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression);
  if (expression.type === 'not') walk(expression.of, visit);
  if (expression.type !== 'and' && expression.type !== 'or') return;
  walk(expression.left, visit);
  walk(expression.right, visit);
}
