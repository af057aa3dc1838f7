import { delimiter } from 'node:path';
import type { Command } from 'commander';
import { type Account, resolveAccount } from '../core/account.ts';
import { type HomePaths, homePaths, resolveHome } from '../core/home.ts';
import { closeHome } from '../core/make-home.ts';

/** What every command knows of where and for whom it runs. */
export interface CliContext {
  readonly paths: HomePaths;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly debug: boolean;
}

/** Reads the options that every command has: `--home`, `--config`, `--json`, `--debug`. */
export function readContext(command: Command): CliContext {
  const {
    home,
    config,
    json = false,
    debug = false,
  } = command.optsWithGlobals<{ home?: string; config?: string[]; json?: boolean; debug?: boolean }>();
  const environment = { ...process.env, ...(config && { SLUICE_CONFIG: config.join(delimiter) }) };
  const paths = homePaths(resolveHome(home, environment));
  closeHome(paths.home);
  return {
    paths,
    account: resolveAccount(environment),
    environment,
    json,
    debug,
  };
}
