import type { SimulatePrincipalPolicyCommandInput } from '@aws-sdk/client-iam';
import { SluiceError } from '../../core/errors.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import type { LeastRole } from './least-roles.ts';
import type { StatementJson } from './policy-json.ts';

/** What IAM's simulator says of one action that a role needs. */
export interface CheckedAction {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** `NoSuchRole`: there is no such role. */
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny' | 'NoSuchRole';
}

/** How roles are checked. */
export interface CheckRolesOptions {
  readonly roles: readonly LeastRole[];
  /** The ARN of each. */
  readonly arnOf: (role: LeastRole) => string;
  readonly settings: AwsSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Has IAM's simulator say whether each role may do what it needs to.
 *
 * @throws SluiceError `AccessDenied` where the simulator is not allowed, and as `AwsAccess.call`
 */
export async function checkRoles({
  roles,
  arnOf,
  settings,
  environment,
}: CheckRolesOptions): Promise<CheckedAction[]> {
  const aws = new AwsAccess(settings, environment);
  try {
    const checked: CheckedAction[] = [];
    for (const role of roles)
      for (const statement of role.policy.Statement)
        checked.push(...(await simulate(aws, role, arnOf(role), statement)));
    return checked;
  } finally {
    await aws.close();
  }
}

async function simulate(
  aws: AwsAccess,
  role: LeastRole,
  arn: string,
  statement: StatementJson,
): Promise<CheckedAction[]> {
  const { IAMClient, paginateSimulatePrincipalPolicy } = await import('@aws-sdk/client-iam');
  const client = await aws.client('IAM', async (config) => new IAMClient(config));
  const input = questionOf(arn, statement);
  try {
    const pages = await aws.call(`SimulatePrincipalPolicy of ${role.name}`, () =>
      Array.fromAsync(paginateSimulatePrincipalPolicy({ client }, input)),
    );
    return pages
      .flatMap(({ EvaluationResults: results = [] }) => results)
      .map(({ EvalActionName: action = '', EvalResourceName: resource = '*', EvalDecision: decision }) => ({
        role: role.name,
        action,
        resource,
        decision: decision ?? 'implicitDeny',
      }));
  } catch (error) {
    const cause = error instanceof SluiceError ? error.cause : error;
    if ((cause as { name?: string } | undefined)?.name?.startsWith('NoSuchEntity'))
      return [{ role: role.name, action: '*', resource: arn, decision: 'NoSuchRole' }];
    throw error;
  }
}

function questionOf(arn: string, statement: StatementJson): SimulatePrincipalPolicyCommandInput {
  const list = (value: string | readonly string[] | undefined) =>
    typeof value === 'string' ? [value] : [...(value ?? ['*'])];
  const conditions = Object.values(statement.Condition ?? {}).flatMap((keys) => Object.entries(keys));
  return {
    PolicySourceArn: arn,
    ActionNames: list(statement.Action),
    ResourceArns: list(statement.Resource),
    ...(conditions.length > 0 && {
      ContextEntries: conditions.map(([name, value]) => ({
        ContextKeyName: name,
        ContextKeyType: 'string' as const,
        ContextKeyValues: [value.replace('*', 'x')],
      })),
    }),
  };
}
