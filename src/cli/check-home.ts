import { existsSync } from 'node:fs';
import { SluiceError } from '../core/errors.ts';
import { openState, stateUrl } from '../home/index.ts';
import { findDamage } from '../state/index.ts';
import type { Check } from './check.ts';
import { checkConfiguration } from './check-configuration.ts';
import type { CliContext } from './context.ts';

const DAMAGED_HINT = 'Restore the home from a backup, or move the file away to begin with an empty one.';

/** The database of the home, opened and looked through. */
export async function checkDatabase(context: CliContext): Promise<Check> {
  const name = 'database';
  try {
    if ((await stateUrl(context)) === undefined && !existsSync(context.paths.database))
      return { name, status: 'ok', value: 'none yet: the first run makes it' };
    const state = await openState(context, 'read');
    try {
      const problem = await findDamage(state);
      if (problem === undefined) return { name, status: 'ok', value: state.place };
      return { name, status: 'failed', value: `${state.place}: ${problem}`, hint: DAMAGED_HINT };
    } finally {
      await state.close();
    }
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { name, status: 'failed', value: error.message, hint: error.hint ?? DAMAGED_HINT };
  }
}

/** The files of the configuration. */
export async function checkSettings(context: CliContext): Promise<Check> {
  const name = 'configuration';
  const files = await checkConfiguration(context);
  const problems = files.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) {
    return { name, status: 'failed', value: problems.join('\n'), hint: 'Correct it: sluice config check' };
  }
  const untrusted = files.filter(({ status }) => status === 'untrusted');
  if (untrusted.length > 0) {
    const value = untrusted.map(({ file, choices = [] }) => `${file} is not trusted: ${choices.join(', ')}`);
    return { name, status: 'failed', value: value.join('\n'), hint: 'Read it, then: sluice config trust' };
  }
  const read = files.filter(({ status }) => status === 'well').map(({ file }) => file);
  return { name, status: 'ok', value: read.length === 0 ? 'none: no file says otherwise' : read.join(', ') };
}
