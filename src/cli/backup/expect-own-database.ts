import { SluiceError } from '../../core/errors.ts';
import { stateUrl } from '../../home/index.ts';
import type { CliContext } from '../context.ts';

/**
 * What is in PostgreSQL is not in the home: PostgreSQL's own tools copy it, at one moment and while it is in use.
 *
 * @throws SluiceError `InvalidArgument`
 */
export async function expectOwnDatabase(context: CliContext, command: 'backup' | 'restore'): Promise<void> {
  if ((await stateUrl(context)) === undefined) return;
  const tool = command === 'backup' ? 'pg_dump --schema=sluice' : 'pg_restore';
  throw new SluiceError(
    'InvalidArgument',
    `sluice ${command} is for homes with a database of their own; this one's is in PostgreSQL.`,
    { hint: `Use ${tool} for the database, and tar for the directory ${context.paths.home}.` },
  );
}
