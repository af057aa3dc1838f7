import { partitionOf } from '../../contract/arns.ts';
import type { Account } from '../../core/account.ts';

/** What the ARNs of log groups are made of. */
export interface GroupArns {
  readonly account: Account;
}

/** `arn:aws:logs:<region>:<account>:log-group:<name>`. */
export function groupArn({ account }: GroupArns, name: string): string {
  return `arn:${partitionOf(account.region)}:logs:${account.region}:${account.accountId}:log-group:${name}`;
}
