import { homePaths } from '../../src/core/home.ts';
import { createRun, openDatabase, saveRun } from '../../src/state/index.ts';

/** Fills a home with runs of one workflow that have succeeded. */
export async function seedRuns(home: string, count: number): Promise<void> {
  const state = await openDatabase(homePaths(home));
  const graph = JSON.stringify({ version: 1, name: 'bench', nodes: [] });
  for (let index = 0; index < count; index++) {
    const id = `bench-${String(index).padStart(6, '0')}`;
    const time = Date.UTC(2026, 0, 1) + index * 1000;
    const lease = await createRun(state, {
      id,
      workflow: 'bench',
      graphHash: 'bench',
      graph,
      nodeCount: 0,
      inputs: {},
      options: { failurePolicy: 'FAIL_IMMEDIATELY' },
      time,
    });
    await saveRun(state, {
      run: id,
      lease,
      nodes: [],
      end: { phase: 'Succeeded', outputs: {} },
      time: time + 500,
    });
  }
  await state.close();
}
