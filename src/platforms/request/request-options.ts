import type { Account } from '../../core/account.ts';

/** What every builder of a request needs beside the task. */
export interface RequestOptions {
  readonly account: Account;
  /** ExecutionRoleArn of tasks that name no role. */
  readonly roleArn: string;
  /** Where the task's code was put: a prefix that ends in `/`. Absent for tasks without a script. */
  readonly codeUri?: string | undefined;
  /** Whether a model's archive holds the code: then there is no other place of it. @default false */
  readonly codeInModel?: boolean | undefined;
  /** Whether requirements.txt is part of the code. @default false */
  readonly requirements?: boolean | undefined;
}
