import { limitExceeded, noSuchEntity, requirePolicy } from './iam-errors.ts';
import { type PageRequest, pageOf } from './iam-page.ts';
import type { RoleStore } from './role-store.ts';

interface InlineInput {
  readonly RoleName: string;
  readonly PolicyName: string;
}

interface AttachInput {
  readonly RoleName: string;
  readonly PolicyArn: string;
}

/** All inline policies of a role together, characters without white space. */
const MAX_INLINE = 10_240;
/** IAM's quota where nobody has raised it. */
const MAX_ATTACHED = 10;

/** The policies of a role: inline ones, and managed ones that are attached. */
export function rolePolicyOperations(store: RoleStore) {
  return {
    async PutRolePolicy(input: InlineInput & { readonly PolicyDocument: string }) {
      const { RoleName: roleName, PolicyName: name, PolicyDocument: document } = input;
      requirePolicy(document, 'identity');
      await store.change(roleName, (role) => {
        const inline = { ...role.inline, [name]: document };
        if (Object.values(inline).join('').replaceAll(/\s/g, '').length > MAX_INLINE)
          throw limitExceeded(`Maximum policy size of ${MAX_INLINE} bytes exceeded for role ${roleName}`);
        return { ...role, inline };
      });
      return {};
    },
    async GetRolePolicy({ RoleName: roleName, PolicyName: name }: InlineInput) {
      const document = (await store.get(roleName)).inline[name];
      if (document === undefined) throw policyNotFound(name);
      return { RoleName: roleName, PolicyName: name, PolicyDocument: encodeURIComponent(document) };
    },
    async DeleteRolePolicy({ RoleName: roleName, PolicyName: name }: InlineInput) {
      await store.change(roleName, (role) => {
        if (!Object.hasOwn(role.inline, name)) throw policyNotFound(name);
        const { [name]: _, ...inline } = role.inline;
        return { ...role, inline };
      });
      return {};
    },
    async ListRolePolicies({ RoleName: roleName, ...page }: PageRequest & { readonly RoleName: string }) {
      const names = Object.keys((await store.get(roleName)).inline).sort();
      const { start, end, facts } = pageOf(names.length, page);
      return { PolicyNames: names.slice(start, end), ...facts };
    },
    async AttachRolePolicy({ RoleName: roleName, PolicyArn: arn }: AttachInput) {
      if (!(await store.findPolicy(arn)))
        throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
      await store.change(roleName, (role) => {
        if (role.attached.includes(arn)) return role;
        if (role.attached.length >= MAX_ATTACHED)
          throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${MAX_ATTACHED}`);
        return { ...role, attached: [...role.attached, arn] };
      });
      return {};
    },
    async DetachRolePolicy({ RoleName: roleName, PolicyArn: arn }: AttachInput) {
      await store.change(roleName, (role) => {
        if (!role.attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
        return { ...role, attached: role.attached.filter((each) => each !== arn) };
      });
      return {};
    },
    async ListAttachedRolePolicies(
      input: PageRequest & { readonly RoleName: string; readonly PathPrefix?: string },
    ) {
      const { RoleName: roleName, PathPrefix: prefix = '/', ...page } = input;
      const { attached } = await store.get(roleName);
      const policies = attached
        .filter((arn) => arn.slice(arn.indexOf('/')).startsWith(prefix))
        .map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }));
      const { start, end, facts } = pageOf(policies.length, page);
      return { AttachedPolicies: policies.slice(start, end), ...facts };
    },
  };
}

function policyNotFound(name: string): Error {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`);
}
