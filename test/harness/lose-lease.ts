import { type Database, workerOf } from '../../src/state/index.ts';

/** As after a time away: another worker has found that this one's lease was over, and this one learns of it. */
export async function loseLease(state: Database): Promise<void> {
  await state.run('UPDATE workers SET ended_at = now_ms() WHERE id = ?', workerOf(state).id ?? '');
  await workerOf(state).renew();
}
