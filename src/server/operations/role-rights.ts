import type { IamGate } from '../access/iam-gate.ts';
import type { RoleStore } from '../identity/role-store.ts';

/** Who asks what a role may do, where policies are enforced. */
export interface RoleRights {
  readonly roles: RoleStore;
  readonly gate: IamGate;
}
