import { type Database, recordEvents } from '../../src/state/index.ts';

/** Leaves no room in a state, as on a full disk. @returns what makes room again */
export async function fillState(state: Database): Promise<() => Promise<void>> {
  await state.get('PRAGMA max_page_count = 1');
  const event = { kind: 'run', subject: 'x', type: 'x', time: 1, data: 'x'.repeat(50) };
  for (let room = true; room; )
    room = await state
      .transaction((transaction) => recordEvents(transaction, [event]))
      .then(
        () => true,
        () => false,
      );
  return async () => void (await state.get('PRAGMA max_page_count = 1000000'));
}
