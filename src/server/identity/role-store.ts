/**
 * The roles and policies of the account.
 *
 * By design: where policies are not enforced, a role of any name exists, trusted by SageMaker and allowed everything: who
 * runs jobs on one machine need not make roles first. It becomes a role of its own with the first change. The role that
 * stands in where none is configured exists, and may do everything, until it is made.
 */
import { randomBytes } from 'node:crypto';
import { defaultRoleArn, partitionOf } from '../../contract/arns.ts';
import { managedPolicies } from '../../contract/iam/index.ts';
import type { Account } from '../../core/account.ts';
import { changeIamEntity, type Database, getIamEntity, listIamEntities } from '../../state/index.ts';
import { noSuchEntity } from './iam-errors.ts';

/** A tag, as IAM writes it. */
export interface IamTag {
  readonly Key: string;
  readonly Value: string;
}

/** A role. */
export interface Role {
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly description?: string | undefined;
  /** Seconds. */
  readonly maxSession: number;
  readonly trustPolicy: string;
  readonly tags: readonly IamTag[];
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
  /** Documents by name. */
  readonly inline: Readonly<Record<string, string>>;
  /** It was, and is no more. @default false */
  readonly deleted?: boolean;
  /** Nobody has made it: it may do everything. @default false */
  readonly implied?: boolean;
}

/** A managed policy, the account's own or AWS's. */
export interface ManagedPolicy {
  readonly arn: string;
  readonly name: string;
  readonly path: string;
  readonly id: string;
  readonly version: string;
  readonly document: string;
  readonly description?: string | undefined;
  readonly tags: readonly IamTag[];
}

/** What the store works with. */
export interface RoleStoreOptions {
  readonly state: Database;
  readonly account: Account;
  readonly clock: () => Date;
  /** @default false */
  readonly enforced?: boolean | undefined;
}

const TRUST_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
});

/** A role or policy with when it was made. */
export type Dated<Entity> = Entity & { readonly createdAt: number };

/** Reads and changes them. */
export class RoleStore {
  readonly #options: RoleStoreOptions;

  constructor(options: RoleStoreOptions) {
    this.#options = options;
  }

  /** The ARN of a role. */
  arnOf({ path, name }: Pick<Role, 'path' | 'name'>): string {
    return `${this.#prefix()}:role${path}${name}`;
  }

  /** The ARN of a policy of the account. */
  policyArn(path: string, name: string): string {
    return `${this.#prefix()}:policy${path}${name}`;
  }

  /** The role of this name, made or implied. */
  async find(name: string): Promise<Dated<Role> | undefined> {
    const record = await getIamEntity<Role>(this.#options.state, 'role', name);
    if (record)
      return record.content.deleted ? undefined : { ...record.content, createdAt: record.createdAt };
    return this.#isImplied(name) ? { ...impliedRole(name), createdAt: 0 } : undefined;
  }

  /** @throws AwsError `NoSuchEntity` */
  async get(name: string): Promise<Dated<Role>> {
    const role = await this.find(name);
    if (!role) throw roleNotFound(name);
    return role;
  }

  /** Those that were made, by name. */
  async list(): Promise<Dated<Role>[]> {
    const records = await listIamEntities<Role>(this.#options.state, 'role');
    return records
      .filter(({ content }) => !content.deleted)
      .map(({ content, createdAt }) => ({ ...content, createdAt }));
  }

  /** Changes a role, which becomes one of its own. @throws AwsError `NoSuchEntity` */
  async change(name: string, change: (role: Role) => Role): Promise<void> {
    const { state, clock } = this.#options;
    await changeIamEntity<Role>(state, 'role', name, (before) => {
      if (before?.content.deleted || (!before && !this.#isImplied(name))) throw roleNotFound(name);
      const { implied: _, ...role } = before?.content ?? { ...impliedRole(name), id: newId('AROA') };
      return { createdAt: before?.createdAt ?? clock().getTime(), content: change(role) };
    });
  }

  /** The managed policy of this ARN. */
  async findPolicy(arn: string): Promise<Dated<ManagedPolicy> | undefined> {
    const own = await getIamEntity<ManagedPolicy>(this.#options.state, 'policy', arn);
    if (own) return { ...own.content, createdAt: own.createdAt };
    return awsPolicies().find((policy) => policy.arn === arn);
  }

  /** The documents of all policies of a role; undefined: it may do everything. */
  async documentsOf(role: Role): Promise<{ readonly id: string; readonly document: string }[] | undefined> {
    if (role.implied) return undefined;
    const managed = await Promise.all(role.attached.map((arn) => this.findPolicy(arn)));
    return [
      ...Object.entries(role.inline).map(([name, document]) => ({
        id: `role_${role.name}_${name}`,
        document,
      })),
      ...managed.flatMap((policy) => (policy ? [{ id: policy.name, document: policy.document }] : [])),
    ];
  }

  #isImplied(name: string): boolean {
    const { enforced, account } = this.#options;
    return !enforced || defaultRoleArn(account).endsWith(`:role/${name}`);
  }

  #prefix(): string {
    const { account } = this.#options;
    return `arn:${partitionOf(account.region)}:iam::${account.accountId}`;
  }
}

/** In IAM's words. */
export function roleNotFound(name: string): Error {
  return noSuchEntity(`The role with name ${name} cannot be found.`);
}

/** The policies that AWS manages, as far as they are known here. */
export function awsPolicies(): Dated<ManagedPolicy>[] {
  return managedPolicies.map(({ arn, version, document }) => {
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    const id = `ANPA${Buffer.from(name).toString('hex').toUpperCase().padEnd(17, '0').slice(0, 17)}`;
    return { arn, name, path: '/', id, version, document, tags: [], createdAt: 0 };
  });
}

/** `AROA` and seventeen letters and digits, as IAM's are. */
export function newId(prefix: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return prefix + Array.from(randomBytes(17), (byte) => letters[byte % letters.length]).join('');
}

function impliedRole(name: string): Role {
  return {
    name,
    path: '/',
    id: 'AROASLUICEEXECUTIONRO',
    maxSession: 43_200,
    trustPolicy: TRUST_POLICY,
    tags: [],
    attached: [],
    inline: {},
    implied: true,
  };
}
