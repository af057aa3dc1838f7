import { SluiceError } from '../core/errors.ts';
import type { Statements } from './database.ts';

/** What makes two requests to begin a run one. */
export interface RunKey {
  /** The caller's own. */
  readonly key: string;
  /** Of what was asked for. */
  readonly fingerprint: string;
}

/**
 * The run that was begun with a key.
 *
 * @throws SluiceError `IdempotencyMismatch` where something else was asked for with it
 */
export async function findRunByKey(
  state: Statements,
  { key, fingerprint }: RunKey,
): Promise<string | undefined> {
  const row = await state.get<{ fingerprint: string; run: string }>(
    'SELECT fingerprint, run FROM run_keys WHERE key = ?',
    key,
  );
  if (!row) return undefined;
  if (row.fingerprint === fingerprint) return row.run;
  throw new SluiceError(
    'IdempotencyMismatch',
    `The idempotency key '${key}' was used for another request: it began the run '${row.run}'.`,
    {
      hint: 'Use a new key for each run that you want, and the same one only to repeat a request as it was.',
    },
  );
}

/** The error for a key that another run was quicker to take. */
export function runKeyTaken({ key }: Pick<RunKey, 'key'>): SluiceError {
  return new SluiceError(
    'RunKeyTaken',
    `Another run begins with the idempotency key '${key}' at this moment.`,
    {
      hint: 'Ask again with the same key: the answer is that run.',
    },
  );
}

/** Keeps the key of a new run, within the transaction that makes the run. False: another run has it. */
export async function takeRunKey(
  transaction: Statements,
  { key, fingerprint }: RunKey,
  run: string,
): Promise<boolean> {
  const sql = 'INSERT INTO run_keys (key, fingerprint, run) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING';
  return (await transaction.run(sql, key, fingerprint, run)) === 1;
}
