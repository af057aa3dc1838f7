/**
 * What IAM says of a policy document that is none.
 *
 * Source: answers of IAM that are quoted in its users' issues and held in moto's `policy_validation.py`. Gaps: IAM also
 * knows which services, actions and forms of resource there are.
 */
import { isConditionOperator } from './conditions.ts';

/** What a document is for: rights of whoever has it, or who may assume a role. */
export type PolicyUse = 'identity' | 'trust';

const SYNTAX = 'Syntax errors in policy.';
const TOP = new Set(['Version', 'Id', 'Statement']);
const MEMBERS = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
]);

type Raw = Readonly<Record<string, unknown>>;

/** IAM's message, or undefined for a document that is one. */
export function findPolicyProblem(document: string, use: PolicyUse): string | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(document);
  } catch {
    return use === 'trust' ? 'This policy contains invalid Json' : SYNTAX;
  }
  if (!isMap(policy) || Object.keys(policy).some((key) => !TOP.has(key))) return SYNTAX;
  const { Version: version, Statement: statement } = policy;
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17')
    return 'The policy must contain a valid version string';
  const statements = Array.isArray(statement) ? statement : [statement];
  if (!statements.every(isMap) || statements.length === 0) return SYNTAX;
  const sids = statements.map(({ Sid: sid }) => sid).filter((sid) => sid !== undefined && sid !== '');
  for (const each of statements) {
    const problem = statementSyntax(each) ?? (use === 'trust' ? trustProblem(each) : identityProblem(each));
    if (problem !== undefined) return problem;
  }
  return new Set(sids).size < sids.length
    ? 'Statement IDs (SID) in a single policy must be unique.'
    : undefined;
}

function statementSyntax(statement: Raw): string | undefined {
  const { Effect: effect, Sid: sid, Condition: condition = {} } = statement;
  if (Object.keys(statement).some((key) => !MEMBERS.has(key))) return SYNTAX;
  if (effect !== 'Allow' && effect !== 'Deny') return SYNTAX;
  if (sid !== undefined && typeof sid !== 'string') return SYNTAX;
  for (const [one, other] of [
    ['Action', 'NotAction'],
    ['Resource', 'NotResource'],
    ['Principal', 'NotPrincipal'],
  ] as const)
    if (statement[one] !== undefined && statement[other] !== undefined) return SYNTAX;
  for (const name of ['Action', 'NotAction', 'Resource', 'NotResource'])
    if (statement[name] !== undefined && !isTexts(statement[name])) return SYNTAX;
  if (!isMap(condition)) return SYNTAX;
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isConditionOperator(operator)) return `Invalid Condition type : ${operator}.`;
    if (!isMap(keys) || !Object.values(keys).every(isValues)) return SYNTAX;
  }
  return undefined;
}

function actionsProblem(statement: Raw): string | undefined {
  const actions = listOf(statement['Action'] ?? statement['NotAction']);
  if (actions.length === 0) return 'Policy statement must contain actions.';
  for (const action of actions) {
    if (action === '*') continue;
    const [vendor = '', ...rest] = action.split(':');
    if (rest.length === 0)
      return 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';
    if (rest.length > 1) return 'Actions/Condition can contain only one colon.';
    if (!/^[a-zA-Z0-9-]+$/.test(vendor)) return `Vendor ${vendor} is not valid`;
  }
  return undefined;
}

function identityProblem(statement: Raw): string | undefined {
  if (statement['Principal'] !== undefined || statement['NotPrincipal'] !== undefined)
    return 'Policy document should not specify a principal.';
  const actions = actionsProblem(statement);
  if (actions !== undefined) return actions;
  const resources = listOf(statement['Resource'] ?? statement['NotResource']);
  if (resources.length === 0) return 'Policy statement must contain resources.';
  const wrong = resources.find(
    (resource) => resource !== '*' && !/^arn:[^:]*:[^:]+:[^:]*:[^:]*:.+$/s.test(resource),
  );
  if (wrong === undefined) return undefined;
  return wrong.startsWith('arn:')
    ? `The policy failed legacy parsing`
    : `Resource ${wrong} must be in ARN format or "*".`;
}

function trustProblem(statement: Raw): string | undefined {
  for (const name of ['Resource', 'NotResource'])
    if (statement[name] !== undefined) return `Has prohibited field ${name}`;
  const principal = statement['Principal'] ?? statement['NotPrincipal'];
  if (principal === undefined) return 'Missing required field Principal';
  if (principal !== '*' && (!isMap(principal) || !Object.values(principal).every(isTexts))) return SYNTAX;
  const types = principal === '*' ? [] : Object.keys(principal);
  const unknown = types.find((type) => !['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(type));
  if (unknown !== undefined) return `Invalid principal in policy: "${unknown}"`;
  const actions = actionsProblem(statement);
  if (actions !== undefined) return actions;
  const others = listOf(statement['Action'] ?? []).find((action) => !/^sts:/i.test(action));
  return others === undefined ? undefined : 'AssumeRole policy may only specify STS AssumeRole actions.';
}

function isMap(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
  );
}

/** Of a condition: numbers and booleans too. */
function isValues(value: unknown): boolean {
  const plain = (each: unknown) => ['string', 'number', 'boolean'].includes(typeof each);
  return plain(value) || (Array.isArray(value) && value.every(plain));
}

function listOf(value: unknown): readonly string[] {
  return value === undefined ? [] : ([] as string[]).concat(value as string);
}
