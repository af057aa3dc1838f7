/**
 * Metrics that a training job prints, found by its metric definitions.
 *
 * Source: AWS API reference, MetricDefinition and FinalMetricDataList: each regular expression is applied to
 * every line of stdout and stderr; what its first group captured is the value.
 *
 * Gaps: SageMaker's own dialect of regular expressions is not documented; this one is JavaScript's, with Python's
 * `(?P<name>…)` and a leading `(?i)` understood. An expression without a group gives the whole match.
 */
import type { MetricData, MetricDefinition } from '@aws-sdk/client-sagemaker';
import { SluiceError } from '../core/errors.ts';
import { limitTime, TimeLimitExceeded } from '../core/limit-time.ts';

/** One value that was found. */
export interface CapturedMetric {
  readonly name: string;
  readonly value: number;
}

/** Applies metric definitions to lines and remembers the last value of each. */
export interface MetricCapture {
  /** Looks at lines. It runs on every line of a log, so it allocates nothing where nothing is found. */
  observe(lines: readonly string[], time: Date): readonly CapturedMetric[];
  /** FinalMetricDataList: the last value of each metric, in the order of the definitions. */
  final(): MetricData[];
}

interface Matcher {
  readonly name: string;
  readonly expression: RegExp;
  /** A text that every matching line holds; '' where none is known. Much cheaper than the expression. */
  readonly literal: string;
  last: MetricData | undefined;
  /** It has taken too long on a line, and is not applied any more. */
  isGivenUp: boolean;
}

/** A line that a metric may be in. */
interface PossibleMatch {
  readonly matcher: Matcher;
  readonly line: string;
}

/** Of a line, so many characters are looked at. */
const MAX_LINE_LENGTH = 16 * 1024;
/** What an expression may take for one line, milliseconds of processor time. */
const LIMIT_MS = 200;

const QUANTIFIER = /^\{\d+(?:,\d*)?\}/;
const NOTHING: readonly CapturedMetric[] = [];

/**
 * Compiles metric definitions.
 *
 * @param onGivenUp - Told of a metric whose expression takes too long: it is not looked for any more, the others are.
 * @throws SluiceError `InvalidArgument` for an expression that does not compile.
 */
export function createMetricCapture(
  definitions: readonly MetricDefinition[],
  onGivenUp: (name: string) => void = () => undefined,
): MetricCapture {
  const matchers = definitions.map(compileMatcher);
  return {
    observe(lines, time) {
      const candidates = findCandidates(matchers, lines);
      if (candidates === undefined) return NOTHING;
      const found: CapturedMetric[] = [];
      matchAll(candidates, onGivenUp, (matcher, value) => {
        const { name } = matcher;
        matcher.last = { MetricName: name, Value: value, Timestamp: time };
        found.push({ name, value });
      });
      return found;
    },
    final: () => matchers.flatMap((matcher) => matcher.last ?? []),
  };
}

function findCandidates(
  matchers: readonly Matcher[],
  lines: readonly string[],
): readonly PossibleMatch[] | undefined {
  let candidates: PossibleMatch[] | undefined;
  for (const line of lines) {
    for (const matcher of matchers) {
      if (matcher.isGivenUp || (matcher.literal !== '' && !line.includes(matcher.literal))) continue;
      candidates ??= [];
      candidates.push({ matcher, line: line.slice(0, MAX_LINE_LENGTH) });
    }
  }
  return candidates;
}

/** Applies expressions to lines, all within one limit as long as they keep it, and then those in doubt each by itself. */
function matchAll(
  candidates: readonly PossibleMatch[],
  onGivenUp: (name: string) => void,
  onValue: (matcher: Matcher, value: number) => void,
): void {
  let next = 0;
  const matchNext = (): void => {
    const { matcher, line } = candidates[next] as PossibleMatch;
    const value = matcher.isGivenUp ? undefined : matchValue(matcher.expression, line);
    next++;
    if (value !== undefined) onValue(matcher, value);
  };
  while (next < candidates.length) {
    const before = next;
    const inTime = isInTime(() => {
      while (next < candidates.length) matchNext();
    });
    // Many lines take longer than one: the one that was not done is tried by itself.
    if (inTime || next > before || isInTime(matchNext)) continue;
    const { matcher } = candidates[next++] as PossibleMatch;
    matcher.isGivenUp = true;
    onGivenUp(matcher.name);
  }
}

function isInTime(work: () => void): boolean {
  try {
    limitTime(LIMIT_MS, work);
    return true;
  } catch (error) {
    if (error instanceof TimeLimitExceeded) return false;
    throw error;
  }
}

function matchValue(expression: RegExp, line: string): number | undefined {
  const match = expression.exec(line);
  const text = match?.[1] ?? match?.[0];
  if (!text?.trim()) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function compileMatcher(definition: MetricDefinition): Matcher {
  const { Name: name = '', Regex: source = '' } = definition;
  const ignoreCase = source.startsWith('(?i)');
  const translated = (ignoreCase ? source.slice(4) : source).replaceAll('(?P<', '(?<');
  try {
    const expression = new RegExp(translated, ignoreCase ? 'i' : '');
    return {
      name,
      expression,
      literal: ignoreCase ? '' : requiredLiteral(translated),
      last: undefined,
      isGivenUp: false,
    };
  } catch (cause) {
    throw new SluiceError(
      'InvalidArgument',
      `MetricDefinitions: the Regex of '${name}' does not compile: '${source}'.`,
      { cause, hint: "Escape what is meant literally, for example 'loss=\\(([0-9.]+)\\)'." },
    );
  }
}

/**
 * The longest text that each match of an expression must hold, found without parsing it whole: runs of plain
 * characters outside groups and classes that no quantifier makes optional. '' where there is none.
 */
export function requiredLiteral(source: string): string {
  let best = '';
  let run = '';
  let depth = 0;
  const endRun = (): void => {
    if (run.length > best.length) best = run;
    run = '';
  };
  for (let index = 0; index < source.length; index++) {
    const character = source[index] as string;
    if (character === '|' && depth === 0) return '';
    if (character === '[') {
      endRun();
      index = endOfClass(source, index);
    } else if (character === '(' || character === ')') {
      endRun();
      depth += character === '(' ? 1 : -1;
    } else if (character === '\\') {
      index++;
      const escaped = source[index] ?? '';
      if (depth === 0 && /[^\w\s]/.test(escaped)) run += escaped;
      else {
        endRun();
        if (/[ukpPcx0-9]/.test(escaped)) return '';
      }
    } else if (character === '?' || character === '*' || QUANTIFIER.test(source.slice(index))) {
      run = run.slice(0, -1);
      endRun();
      if (character === '{') index = source.indexOf('}', index);
    } else if ('+.^$'.includes(character)) endRun();
    else if (depth === 0) run += character;
  }
  endRun();
  return best;
}

function endOfClass(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index++) {
    if (source[index] === '\\') index++;
    else if (source[index] === ']') return index;
  }
  return source.length;
}
