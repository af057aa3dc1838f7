import type { Account } from '../../core/account.ts';
import type { Jobs, Peers } from '../../jobs/index.ts';
import type { OpenStores } from '../../objects/index.ts';
import type { Database } from '../../state/index.ts';
import type { RoleRights } from './role-rights.ts';

/** What operations work with. */
export interface OperationContext {
  readonly state: Database;
  readonly jobs: Jobs;
  /** Where given, jobs whose input has no objects are refused, as AWS refuses them. */
  readonly stores?: Pick<OpenStores, 'store'> | undefined;
  /** The other servers of the database. @default there are none */
  readonly peers?: Peers | undefined;
  /** What roles may do, where policies are enforced. @default they are not */
  readonly rights?: RoleRights | undefined;
  readonly account: Account;
  readonly clock: () => Date;
}

/** One operation of an API: from its checked input to its output. */
export type Operation<Input, Output extends object> = (
  input: Input,
  context: OperationContext,
) => Promise<Output>;
