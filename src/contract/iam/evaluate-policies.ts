/**
 * Whether policies allow an action: an explicit Deny wins, then an Allow, else it is denied implicitly.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. Gaps: boundaries,
 * session policies and those of organizations, which nobody has here.
 */
import { meetsCondition, type RequestContext } from './conditions.ts';
import { literal, matchArn, matchPattern } from './match-pattern.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';

/** What is asked for. */
export interface PolicyQuestion {
  /** `s3:GetObject` */
  readonly action: string;
  /** An ARN, or `*` for actions that have none. */
  readonly resource: string;
  readonly context: RequestContext;
  /** Of trust policies: who asks, by type. */
  readonly principal?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The answer, in the words of IAM's simulator. */
export interface PolicyDecision {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  /** Those that decided, by the place of their policy in the list. */
  readonly matched: readonly { readonly policy: number; readonly statement: Statement }[];
  /** Condition operators that are not known here, by which nothing was allowed. */
  readonly unknownOperators: readonly string[];
}

/** Evaluates all policies together. */
export function evaluatePolicies(
  policies: readonly PolicyDocument[],
  question: PolicyQuestion,
): PolicyDecision {
  const unknown = new Set<string>();
  const matched = policies.flatMap(({ statements }, policy) =>
    statements
      .filter((statement) => applies(statement, question, unknown))
      .map((statement) => ({ policy, statement })),
  );
  const denied = matched.filter(({ statement }) => statement.effect === 'Deny');
  const unknownOperators = [...unknown];
  if (denied.length > 0) return { decision: 'explicitDeny', matched: denied, unknownOperators };
  return { decision: matched.length > 0 ? 'allowed' : 'implicitDeny', matched, unknownOperators };
}

function applies(statement: Statement, question: PolicyQuestion, unknown: Set<string>): boolean {
  const { action, resource, context } = question;
  const isAction = (pattern: string) => matchPattern(pattern.toLowerCase(), action.toLowerCase());
  const isResource = (pattern: string) => matchesResource(pattern, resource, context);
  if (statement.action ? !statement.action.some(isAction) : statement.notAction?.some(isAction)) return false;
  if (statement.resource ? !statement.resource.some(isResource) : statement.notResource?.some(isResource))
    return false;
  if (statement.principal && !isPrincipal(statement.principal, question)) return false;
  if (statement.notPrincipal && isPrincipal(statement.notPrincipal, question)) return false;
  return meetsAll(statement, context, unknown);
}

function meetsAll({ effect, condition }: Statement, context: RequestContext, unknown: Set<string>): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const wanted = values.map((value) => substitute(value, context)).filter((value) => value !== undefined);
      const met = meetsCondition(operator, key, wanted, context);
      if (met === undefined) unknown.add(operator);
      return met ?? effect === 'Deny';
    }),
  );
}

/** A resource that is itself a pattern, as `arn:aws:s3:::bucket/*` of a simulation, fits where it is within the pattern. */
function matchesResource(pattern: string, resource: string, context: RequestContext): boolean {
  const whole = substitute(pattern, context);
  if (whole === undefined) return false;
  return whole === '*' || matchPattern(whole, resource) || matchArn(whole, resource);
}

/** Policy variables: `${aws:PrincipalTag/team}`, with a default in quotes, `${*}`. Undefined: one that has no value. */
function substitute(text: string, context: RequestContext): string | undefined {
  let complete = true;
  const whole = text.replaceAll(/\$\{([^}]*)\}/g, (_, variable: string) => {
    if (['*', '?', '$'].includes(variable)) return literal(variable);
    const [, key = '', otherwise] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(variable) ?? [];
    const value = context[key.toLowerCase()]?.[0] ?? otherwise;
    if (value === undefined) complete = false;
    // What it holds is no pattern.
    return literal(value ?? '');
  });
  return complete ? whole : undefined;
}

function isPrincipal(
  wanted: Readonly<Record<string, readonly string[]>>,
  { principal = {} }: PolicyQuestion,
): boolean {
  if (wanted['*'] || wanted['AWS']?.includes('*')) return true;
  return Object.entries(wanted).some(([type, names]) =>
    principal[type]?.some((given) => names.some((name) => name === given)),
  );
}
