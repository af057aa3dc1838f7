import { changeIamEntity } from '../../state/index.ts';
import { deleteConflict, entityAlreadyExists, limitExceeded, requirePolicy } from './iam-errors.ts';
import { type PageRequest, pageOf } from './iam-page.ts';
import {
  type Dated,
  type IamTag,
  newId,
  type Role,
  type RoleStore,
  type RoleStoreOptions,
  roleNotFound,
} from './role-store.ts';

interface RoleInput {
  readonly RoleName: string;
}

interface CreateRoleInput extends RoleInput {
  readonly AssumeRolePolicyDocument: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly Tags?: readonly IamTag[];
}

/** The characters of a trust policy, without white space. */
const MAX_TRUST_POLICY = 2048;

/** CreateRole, GetRole, ListRoles, UpdateRole, UpdateAssumeRolePolicy, DeleteRole, and a role's tags. */
export function roleOperations(store: RoleStore, { state, clock }: RoleStoreOptions) {
  return {
    async CreateRole(input: CreateRoleInput) {
      const { RoleName: name, AssumeRolePolicyDocument: trustPolicy } = input;
      requirePolicy(trustPolicy, 'trust');
      requireSize(trustPolicy);
      const role: Role = {
        name,
        path: input.Path ?? '/',
        id: newId('AROA'),
        description: input.Description,
        maxSession: input.MaxSessionDuration ?? 3600,
        trustPolicy,
        tags: input.Tags ?? [],
        attached: [],
        inline: {},
      };
      const createdAt = clock().getTime();
      await changeIamEntity<Role>(state, 'role', name, (before) => {
        if (before && !before.content.deleted)
          throw entityAlreadyExists(`Role with name ${name} already exists.`);
        return { createdAt, content: role };
      });
      return { Role: describeRole(store, { ...role, createdAt }) };
    },
    GetRole: async ({ RoleName: name }: RoleInput) => ({ Role: describeRole(store, await store.get(name)) }),
    async ListRoles({ PathPrefix: prefix = '/', ...page }: PageRequest & { readonly PathPrefix?: string }) {
      const roles = (await store.list()).filter(({ path }) => path.startsWith(prefix));
      const { start, end, facts } = pageOf(roles.length, page);
      return { Roles: roles.slice(start, end).map((role) => describeRole(store, role)), ...facts };
    },
    async UpdateRole(
      input: RoleInput & { readonly Description?: string; readonly MaxSessionDuration?: number },
    ) {
      await store.change(input.RoleName, (role) => ({
        ...role,
        description: input.Description ?? role.description,
        maxSession: input.MaxSessionDuration ?? role.maxSession,
      }));
      return {};
    },
    async UpdateAssumeRolePolicy(input: RoleInput & { readonly PolicyDocument: string }) {
      requirePolicy(input.PolicyDocument, 'trust');
      requireSize(input.PolicyDocument);
      await store.change(input.RoleName, (role) => ({ ...role, trustPolicy: input.PolicyDocument }));
      return {};
    },
    async DeleteRole({ RoleName: name }: RoleInput) {
      await changeIamEntity<Role>(state, 'role', name, (before) => {
        if (!before || before.content.deleted) throw roleNotFound(name);
        if (before.content.attached.length > 0)
          throw deleteConflict('Cannot delete entity, must detach all policies first.');
        if (Object.keys(before.content.inline).length > 0)
          throw deleteConflict('Cannot delete entity, must delete policies first.');
        // Kept as what is gone: else one that any name has would be there again.
        return { ...before, content: { ...before.content, deleted: true } };
      });
      return {};
    },
    async TagRole({ RoleName: name, Tags: tags }: RoleInput & { readonly Tags: readonly IamTag[] }) {
      const keys = new Set(tags.map(({ Key }) => Key));
      await store.change(name, (role) => ({
        ...role,
        tags: [...role.tags.filter(({ Key }) => !keys.has(Key)), ...tags],
      }));
      return {};
    },
    async UntagRole({ RoleName: name, TagKeys: keys }: RoleInput & { readonly TagKeys: readonly string[] }) {
      await store.change(name, (role) => ({
        ...role,
        tags: role.tags.filter(({ Key }) => !keys.includes(Key)),
      }));
      return {};
    },
    async ListRoleTags({ RoleName: name, ...page }: RoleInput & PageRequest) {
      const { tags } = await store.get(name);
      const { start, end, facts } = pageOf(tags.length, page);
      return { Tags: tags.slice(start, end), ...facts };
    },
    async ListInstanceProfilesForRole({ RoleName: name }: RoleInput) {
      await store.get(name);
      return { InstanceProfiles: [], IsTruncated: false };
    },
  };
}

/** A role as IAM answers it. */
function describeRole(store: RoleStore, role: Dated<Role>) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: store.arnOf(role),
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
    ...(role.description !== undefined && { Description: role.description }),
    MaxSessionDuration: role.maxSession,
    ...(role.tags.length > 0 && { Tags: role.tags }),
  };
}

/** @throws AwsError `LimitExceeded` */
function requireSize(document: string): void {
  if (document.replaceAll(/\s/g, '').length > MAX_TRUST_POLICY)
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${MAX_TRUST_POLICY}`);
}
