import type { Account } from '../core/account.ts';
import type { HomePaths } from '../core/home.ts';

/** Where a home is, for whom, and what the environment says. */
export interface HomeContext {
  readonly paths: HomePaths;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
