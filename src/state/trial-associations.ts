import type { Statements } from './database.ts';

/** Makes a component one of a trial. One that is already is none the less. */
export async function associateTrialComponent(
  state: Statements,
  trial: string,
  component: string,
): Promise<void> {
  await state.run(
    'INSERT INTO trial_associations (trial, component) VALUES (?, ?) ON CONFLICT DO NOTHING',
    trial,
    component,
  );
}

/** Takes a component out of a trial. Resolves with false when it was none of it. */
export async function disassociateTrialComponent(
  state: Statements,
  trial: string,
  component: string,
): Promise<boolean> {
  const sql = 'DELETE FROM trial_associations WHERE trial = ? AND component = ?';
  return (await state.run(sql, trial, component)) === 1;
}

/** Of each component the trials that it is one of, by name. */
export async function listTrialAssociations(
  state: Statements,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await state.all<{ readonly trial: string; readonly component: string }>(
    'SELECT trial, component FROM trial_associations',
  );
  const found = new Map<string, Set<string>>();
  for (const { trial, component } of rows)
    found.set(component, (found.get(component) ?? new Set()).add(trial));
  return found;
}
