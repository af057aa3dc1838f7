import type { Account } from '../../core/account.ts';
import type { Jobs } from '../../jobs/index.ts';
import type { Database } from '../../state/index.ts';

/** What operations work with. */
export interface OperationContext {
  readonly state: Database;
  readonly jobs: Jobs;
  readonly account: Account;
  readonly clock: () => Date;
}

/** One operation of an API: from its checked input to its output. */
export type Operation<Input, Output extends object> = (
  input: Input,
  context: OperationContext,
) => Promise<Output>;
