/**
 * The conditions of a statement.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
 * By design: an operator that is not known here is not met for Allow, and is met for Deny.
 */
import { BlockList, isIPv4 } from 'node:net';
import { matchArn, matchPattern, plainText } from './match-pattern.ts';

/** What is known of a request, by condition keys in lower case: `aws:sourceip`. */
export type RequestContext = Readonly<Record<string, readonly string[]>>;

type Test = (given: string, wanted: string) => boolean;

const number =
  (compare: (a: number, b: number) => boolean): Test =>
  (given, wanted) => {
    const [a, b] = [Number(given), Number(wanted)];
    return !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
  };
const date =
  (compare: (a: number, b: number) => boolean): Test =>
  (given, wanted) =>
    number(compare)(String(timeOf(given)), String(timeOf(wanted)));
const equals: Test = (given, wanted) => given === plainText(wanted);
const equalsInAnyCase: Test = (given, wanted) => given.toLowerCase() === plainText(wanted).toLowerCase();

const like: Test = (given, wanted) => matchPattern(wanted, given);
const arnLike: Test = (given, wanted) => matchArn(wanted, given);

/** Each with what it is the negation of, where it is one. */
const OPERATORS: Readonly<Record<string, Test | { readonly not: Test }>> = {
  StringEquals: equals,
  StringNotEquals: { not: equals },
  StringEqualsIgnoreCase: equalsInAnyCase,
  StringNotEqualsIgnoreCase: { not: equalsInAnyCase },
  StringLike: like,
  StringNotLike: { not: like },
  NumericEquals: number((a, b) => a === b),
  NumericNotEquals: { not: number((a, b) => a === b) },
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateNotEquals: { not: date((a, b) => a === b) },
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  Bool: equalsInAnyCase,
  BinaryEquals: equals,
  IpAddress: isInNetwork,
  NotIpAddress: { not: isInNetwork },
  ArnEquals: arnLike,
  ArnLike: arnLike,
  ArnNotEquals: { not: arnLike },
  ArnNotLike: { not: arnLike },
};

const FORM = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** Whether there is such an operator, with its prefix and suffix: `ForAnyValue:StringLikeIfExists`. */
export function isConditionOperator(name: string): boolean {
  const [, , operator = ''] = FORM.exec(name) ?? [];
  return name === 'Null' || Object.hasOwn(OPERATORS, operator);
}

/** @returns undefined for an operator that is not known */
export function meetsCondition(
  operator: string,
  key: string,
  wanted: readonly string[],
  context: RequestContext,
): boolean | undefined {
  const name = key.toLowerCase();
  const given = Object.hasOwn(context, name) ? context[name] : undefined;
  if (operator === 'Null')
    return wanted.some((each) => (each.toLowerCase() === 'true') === (given === undefined));
  const [, set, plain = '', ifExists] = FORM.exec(operator) ?? [];
  const test = Object.hasOwn(OPERATORS, plain) ? OPERATORS[plain] : undefined;
  if (test === undefined) return undefined;
  if (given === undefined || given.length === 0)
    return (
      ifExists !== undefined || set === 'ForAllValues' || (typeof test === 'object' && set !== 'ForAnyValue')
    );
  const meets = (value: string): boolean =>
    typeof test === 'function'
      ? wanted.some((each) => test(value, each))
      : !wanted.some((each) => test.not(value, each));
  // A key with one value is a list of one; a negated operator holds for none of several.
  return set === 'ForAllValues' || (set === undefined && typeof test === 'object')
    ? given.every(meets)
    : given.some(meets);
}

/** Seconds since 1970, or ISO 8601. */
function timeOf(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function isInNetwork(address: string, network: string): boolean {
  const [base = '', bits] = network.split('/');
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  const list = new BlockList();
  try {
    const kind = isIPv4(base) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(base, kind);
    else list.addSubnet(base, Number(bits), kind);
    return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  } catch {
    return false;
  }
}
