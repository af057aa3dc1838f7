/**
 * AWS STS, as far as clients ask it who they are, and for credentials of a role.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and API_GetCallerIdentity.html. By
 * design: an owner is a session of the execution role, so that SageMaker's Python SDK finds that role by itself. Any role
 * may be assumed where policies are not enforced. Gaps: session policies, tags and MFA are not served.
 */
import { randomBytes } from 'node:crypto';
import { defaultRoleArn, partitionOf } from '../../contract/arns.ts';
import { evaluatePolicies, parsePolicy } from '../../contract/iam/index.ts';
import type { Account } from '../../core/account.ts';
import { sessionCredentials } from '../../home/server/index.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Service, WireRequest } from '../wire/http.ts';
import type { AccessKey } from '../wire/keyring.ts';
import { stsModel } from '../wire/model/sts.gen.ts';
import { createQueryService } from '../wire/query-service.ts';
import { type Role, RoleStore, type RoleStoreOptions } from './role-store.ts';

/** Of its answers. */
export const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

interface AssumeRoleInput {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly DurationSeconds?: number;
  readonly ExternalId?: string;
}

/** @default */
const DURATION_SECONDS = 3600;

/** The service for the callers of one account. */
export function createSts(
  options: RoleStoreOptions & { readonly secret?: string | undefined },
  log: (message: string) => void,
): Service {
  const { account, secret = randomBytes(32).toString('base64url') } = options;
  const roles = new RoleStore(options);
  return createQueryService({
    name: 'STS',
    model: stsModel,
    namespace: STS_NAMESPACE,
    operations: {
      GetCallerIdentity: async (_: object, request?: WireRequest) => {
        const { role, session } = identityOf(account, request?.caller);
        return {
          Arn: sessionArn(account, role, session),
          UserId: `${(await roles.find(role))?.id ?? 'AROASLUICEEXECUTIONRO'}:${session}`,
          Account: account.accountId,
        };
      },
      AssumeRole: async (input: AssumeRoleInput, request?: WireRequest) => {
        const role = await requireRole(roles, options, input, request?.caller);
        const { RoleSessionName: session, DurationSeconds: seconds = DURATION_SECONDS } = input;
        if (seconds > role.maxSession)
          throw new AwsError(
            'ValidationError',
            'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
          );
        const expiresAt = Math.floor(Date.now() / 1000 + seconds) * 1000;
        const credentials = sessionCredentials(secret, { role: role.name, session, expiresAt });
        return {
          Credentials: {
            AccessKeyId: credentials.accessKeyId,
            SecretAccessKey: credentials.secretAccessKey,
            SessionToken: credentials.sessionToken,
            Expiration: new Date(expiresAt),
          },
          AssumedRoleUser: {
            AssumedRoleId: `${role.id}:${session}`,
            Arn: sessionArn(account, role.name, session),
          },
        };
      },
    },
    log,
  });
}

/** @throws AwsError `AccessDenied` for a role that there is not, too: nobody learns which there are */
async function requireRole(
  roles: RoleStore,
  { account, enforced = false }: RoleStoreOptions,
  { RoleArn: arn, ExternalId: externalId }: AssumeRoleInput,
  caller: AccessKey | undefined,
): Promise<Role> {
  const role = await roles.find(arn.slice(arn.lastIndexOf('/') + 1));
  if (role && (!enforced || (roles.arnOf(role) === arn && trusts(role, account, externalId, caller))))
    return role;
  const { role: own, session } = identityOf(account, caller);
  throw new AwsError(
    'AccessDenied',
    `User: ${sessionArn(account, own, session)} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    403,
  );
}

function trusts(
  { trustPolicy }: Role,
  account: Account,
  externalId: string | undefined,
  caller: AccessKey | undefined,
): boolean {
  const { role, session } = identityOf(account, caller);
  const root = `arn:${partitionOf(account.region)}:iam::${account.accountId}`;
  const principal = {
    AWS: [`${root}:root`, account.accountId, `${root}:role/${role}`, sessionArn(account, role, session)],
  };
  const context: Record<string, readonly string[]> = {
    'aws:principalarn': [`${root}:role/${role}`],
    'aws:principalaccount': [account.accountId],
    'sts:rolesessionname': [session],
    ...(externalId !== undefined && { 'sts:externalid': [externalId] }),
  };
  const question = { action: 'sts:AssumeRole', resource: '*', context, principal };
  return evaluatePolicies([parsePolicy(trustPolicy)], question).decision === 'allowed';
}

/** An owner is a session of the role that stands in. */
function identityOf(account: Account, caller: AccessKey | undefined) {
  const role = defaultRoleArn(account).split('/').at(-1) as string;
  return caller?.assumed ?? { role, session: 'sluice' };
}

/** `arn:aws:sts::123456789012:assumed-role/SluiceExecutionRole/sluice`. */
function sessionArn(account: Account, role: string, session: string): string {
  return `arn:${partitionOf(account.region)}:sts::${account.accountId}:assumed-role/${role}/${session}`;
}
