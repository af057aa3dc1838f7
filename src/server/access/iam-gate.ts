/**
 * Holds requests against the policies of the role that they are signed with.
 *
 * Source: the answers of AWS's services to what is not allowed,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
 * By design: an owner's key may do everything, as an account's administrator. Sessions of an assumed role and jobs, which
 * have that of their RoleArn, may do what its policies allow; jobs beside that no more than `check-rights.ts` says.
 */

import { partitionOf } from '../../contract/arns.ts';
import { evaluatePolicies, parsePolicy, type RequestContext } from '../../contract/iam/index.ts';
import type { Account } from '../../core/account.ts';
import type { Database } from '../../state/index.ts';
import type { Role, RoleStore } from '../identity/role-store.ts';
import type { AccessKey } from '../wire/keyring.ts';
import { roleOfHolder } from './role-of-holder.ts';

/** What a request is for. */
export interface Access {
  /** `s3:GetObject` */
  readonly action: string;
  /** ARNs, each of which must be allowed. @default `*`: the action has none */
  readonly resources?: readonly string[] | undefined;
  /** By condition keys in lower case. @default {} */
  readonly context?: RequestContext | undefined;
}

/** What is not allowed, with AWS's message. */
export class NotAuthorized extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotAuthorized';
  }
}

/** Where a request comes from, for conditions. */
export interface Origin {
  readonly address?: string | undefined;
  readonly secure?: boolean | undefined;
}

/** Asks the policies. */
export interface IamGate {
  /** @throws NotAuthorized */
  check(key: AccessKey, access: Access, origin?: Origin): Promise<void>;
  /** Whether the role of this ARN may do something; undefined: there is no such role. */
  mayRole(arn: string, access: Access): Promise<boolean | undefined>;
}

/** What the gate works with. */
export interface IamGateOptions {
  readonly state: Database;
  readonly account: Account;
  readonly roles: RoleStore;
  readonly clock: () => Date;
}

/** Makes the gate. */
export function createIamGate(options: IamGateOptions): IamGate {
  const { state, account, roles, clock } = options;
  return {
    async check(key, access, origin = {}) {
      if (key.holder === 'owner') return;
      const role = key.assumed?.role ?? (await roleOfHolder(state, key));
      const session = key.assumed?.session ?? 'SageMaker';
      const found = role === undefined ? undefined : await roles.find(role);
      const user = `arn:${partitionOf(account.region)}:sts::${account.accountId}:assumed-role/${role}/${session}`;
      const context = { ...contextOf(found, user), ...access.context };
      for (const resource of access.resources ?? ['*']) {
        const refused = await refusal(found, { ...access, context }, resource);
        if (refused) throw new NotAuthorized(messageOf(user, access.action, resource, refused));
      }

      function contextOf(known: Role | undefined, arn: string): RequestContext {
        const now = clock();
        return {
          'aws:principalarn': [known ? roles.arnOf(known) : arn],
          'aws:principalaccount': [account.accountId],
          'aws:principaltype': ['AssumedRole'],
          'aws:userid': [`${known?.id}:${session}`],
          'aws:resourceaccount': [account.accountId],
          's3:resourceaccount': [account.accountId],
          'aws:requestedregion': [account.region],
          'aws:currenttime': [now.toISOString()],
          'aws:epochtime': [String(Math.floor(now.getTime() / 1000))],
          'aws:securetransport': [String(origin.secure ?? false)],
          ...(origin.address !== undefined && { 'aws:sourceip': [origin.address] }),
          ...Object.fromEntries(
            (known?.tags ?? []).map((tag) => [`aws:principaltag/${tag.Key.toLowerCase()}`, [tag.Value]]),
          ),
        };
      }
    },
    async mayRole(arn, access) {
      const role = await roles.find(arn.slice(arn.lastIndexOf('/') + 1));
      if (!role || roles.arnOf(role) !== arn) return undefined;
      for (const resource of access.resources ?? ['*'])
        if (await refusal(role, { ...access, context: access.context ?? {} }, resource)) return false;
      return true;
    },
  };

  /** Why it is not allowed; undefined: it is. */
  async function refusal(
    role: Role | undefined,
    { action, context }: Access & { readonly context: RequestContext },
    resource: string,
  ): Promise<string | undefined> {
    if (role?.implied) return undefined;
    const documents = (role && (await roles.documentsOf(role))) ?? [];
    const policies = documents.map(({ document }) => parsePolicy(document));
    const { decision, unknownOperators } = evaluatePolicies(policies, { action, resource, context });
    if (decision === 'allowed') return undefined;
    const unknown =
      unknownOperators.length > 0 ? ` (unknown condition operator: ${unknownOperators.join(', ')})` : '';
    return decision === 'explicitDeny'
      ? `with an explicit deny in an identity-based policy${unknown}`
      : `because no identity-based policy allows the ${action} action${unknown}`;
  }
}

function messageOf(user: string, action: string, resource: string, reason: string): string {
  // S3 writes ARNs in quotes, the others as they are; what has no resource is named without.
  const where =
    resource === '*' ? '' : ` on resource: ${action.startsWith('s3:') ? `"${resource}"` : resource}`;
  return `User: ${user} is not authorized to perform: ${action}${where} ${reason}`;
}
