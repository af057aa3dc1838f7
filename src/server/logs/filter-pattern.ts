/**
 * Filter patterns for plain text.
 *
 * Source: CloudWatch Logs user guide, "Filter pattern syntax": terms that must all be there, `?any` of some, `-none`
 * of some, "phrases", %regular expressions%. Gaps: patterns for JSON (`{ $.x = 1 }`) and for columns (`[a, b]`) are
 * refused.
 * By design: a regular expression has no groups, so that none can take for ever.
 */
import { limitTime, TimeLimitExceeded } from '../../core/limit-time.ts';
import { invalidParameter } from './logs-errors.ts';

/** Whether a line fits. */
export type LineTest = (message: string) => boolean;

/** The test that a pattern says. An empty one fits every line. @throws AwsError `InvalidParameterException` */
export function parseFilterPattern(pattern: string): LineTest {
  const text = pattern.trim();
  if (/^[{[]/.test(text)) {
    throw invalidParameter(`Sluice serves filter patterns for text, not for JSON or columns: ${text}`);
  }
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))/g)].map(parseTerm);
  const required = terms.filter((term) => term.sign === '');
  const optional = terms.filter((term) => term.sign === '?');
  const excluded = terms.filter((term) => term.sign === '-');
  return (message) =>
    required.every((term) => term.test(message)) &&
    (optional.length === 0 || required.length > 0 || optional.some((term) => term.test(message))) &&
    !excluded.some((term) => term.test(message));
}

function parseTerm([, sign, phrase, expression, word]: RegExpMatchArray): { sign: string; test: LineTest } {
  const test =
    expression === undefined ? includes(phrase?.replace(/\\(.)/g, '$1') ?? word ?? '') : matches(expression);
  return { sign: sign ?? '', test };
}

function includes(text: string): LineTest {
  return (message) => message.includes(text);
}

/** What an expression may take for one message, milliseconds of processor time. */
const LIMIT_MS = 200;

/** Steps that no expression needs a limit for: they take some milliseconds. */
const QUICK_STEPS = 1e6;

/**
 * The longest message that an expression goes through quickly, wherever it begins: without groups, each quantifier
 * multiplies the steps by the length at most.
 */
function quickLength(expression: string): number {
  const quantifiers = expression.match(/[*+?{]/g)?.length ?? 0;
  return QUICK_STEPS ** (1 / (quantifiers + 1));
}

/** @throws AwsError for an expression that takes too long */
function matchesInTime(expression: RegExp, message: string): boolean {
  let found = false;
  try {
    limitTime(LIMIT_MS, () => {
      found = expression.test(message);
    });
  } catch (error) {
    if (!(error instanceof TimeLimitExceeded)) throw error;
    throw invalidParameter(
      `The regular expression in the filter pattern takes too long: %${expression.source}%`,
    );
  }
  return found;
}

function matches(expression: string): LineTest {
  if (/(?<!\\)\(/.test(expression)) {
    throw invalidParameter(`Regular expressions in filter patterns have no groups: %${expression}%`);
  }
  try {
    const compiled = new RegExp(expression);
    const quick = quickLength(expression);
    // The limit itself costs a millisecond.
    return (message) => (message.length <= quick ? compiled.test(message) : matchesInTime(compiled, message));
  } catch {
    throw invalidParameter(`Invalid regular expression in the filter pattern: %${expression}%`);
  }
}
