import { changeIamEntity, listIamEntities } from '../../state/index.ts';
import {
  deleteConflict,
  entityAlreadyExists,
  limitExceeded,
  noSuchEntity,
  requirePolicy,
} from './iam-errors.ts';
import { type PageRequest, pageOf } from './iam-page.ts';
import {
  awsPolicies,
  type Dated,
  type IamTag,
  type ManagedPolicy,
  newId,
  type RoleStore,
  type RoleStoreOptions,
} from './role-store.ts';

interface PolicyInput {
  readonly PolicyArn: string;
}

interface CreatePolicyInput {
  readonly PolicyName: string;
  readonly PolicyDocument: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly Tags?: readonly IamTag[];
}

interface ListPoliciesInput extends PageRequest {
  readonly Scope?: 'All' | 'AWS' | 'Local';
  readonly OnlyAttached?: boolean;
  readonly PathPrefix?: string;
}

/** The characters of a managed policy, without white space. */
const MAX_POLICY = 6144;

/** Managed policies of the account. By design: each has one version. */
export function policyOperations(store: RoleStore, { state, clock }: RoleStoreOptions) {
  const get = async (arn: string): Promise<Dated<ManagedPolicy>> => {
    const policy = await store.findPolicy(arn);
    if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
    return policy;
  };
  const attachedTo = async (arn: string): Promise<number> =>
    (await store.list()).filter(({ attached }) => attached.includes(arn)).length;
  const describe = async (policy: Dated<ManagedPolicy>) =>
    describePolicy(policy, await attachedTo(policy.arn));
  return {
    async CreatePolicy(input: CreatePolicyInput) {
      const { PolicyName: name, PolicyDocument: document, Path: path = '/' } = input;
      requirePolicy(document, 'identity');
      if (document.replaceAll(/\s/g, '').length > MAX_POLICY)
        throw limitExceeded(`Cannot exceed quota for PolicySize: ${MAX_POLICY}`);
      const arn = store.policyArn(path, name);
      const tags = input.Tags ?? [];
      const policy = { arn, name, path, id: newId('ANPA'), version: 'v1', document, tags };
      const content: ManagedPolicy = { ...policy, description: input.Description };
      const createdAt = clock().getTime();
      await changeIamEntity<ManagedPolicy>(state, 'policy', arn, (before) => {
        if (before)
          throw entityAlreadyExists(
            `A policy called ${name} already exists. Duplicate names are not allowed.`,
          );
        return { createdAt, content };
      });
      return { Policy: describePolicy({ ...content, createdAt }, 0) };
    },
    GetPolicy: async ({ PolicyArn: arn }: PolicyInput) => ({ Policy: await describe(await get(arn)) }),
    async GetPolicyVersion({
      PolicyArn: arn,
      VersionId: version,
    }: PolicyInput & { readonly VersionId: string }) {
      const policy = await get(arn);
      if (version !== policy.version)
        throw noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`);
      return { PolicyVersion: { Document: encodeURIComponent(policy.document), ...describeVersion(policy) } };
    },
    async ListPolicyVersions({ PolicyArn: arn }: PolicyInput) {
      return { Versions: [describeVersion(await get(arn))], IsTruncated: false };
    },
    async ListPolicies({
      Scope: scope = 'All',
      OnlyAttached: only,
      PathPrefix: prefix = '/',
      ...page
    }: ListPoliciesInput) {
      const own = await listIamEntities<ManagedPolicy>(state, 'policy');
      const all = [
        ...(scope === 'AWS' ? [] : own.map(({ content, createdAt }) => ({ ...content, createdAt }))),
        ...(scope === 'Local' ? [] : awsPolicies()),
      ].filter(({ path }) => path.startsWith(prefix));
      const described = await Promise.all(all.map(describe));
      const policies = described.filter(({ AttachmentCount: count }) => !only || count > 0);
      const { start, end, facts } = pageOf(policies.length, page);
      return { Policies: policies.slice(start, end), ...facts };
    },
    async DeletePolicy({ PolicyArn: arn }: PolicyInput) {
      if ((await attachedTo(arn)) > 0) throw deleteConflict('Cannot delete a policy attached to entities.');
      await changeIamEntity(state, 'policy', arn, (before) => {
        if (!before) throw noSuchEntity(`Policy ${arn} was not found.`);
        return undefined;
      });
      return {};
    },
  };
}

function describePolicy(policy: Dated<ManagedPolicy>, attachments: number) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.version,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    ...(policy.description !== undefined && { Description: policy.description }),
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.createdAt),
    ...(policy.tags.length > 0 && { Tags: policy.tags }),
  };
}

function describeVersion({ version, createdAt }: Dated<ManagedPolicy>) {
  return { VersionId: version, IsDefaultVersion: true, CreateDate: new Date(createdAt) };
}
