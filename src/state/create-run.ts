import type { Json } from '../graph/index.ts';
import type { Database } from './database.ts';
import { type Lease, leaseLost, OWNER_PROCESS, WORKER_LIVES } from './lease.ts';
import { recordEvents } from './record-events.ts';
import { noteDoor, type RunDoor } from './run-door.ts';
import { type RunKey, runKeyTaken, takeRunKey } from './run-keys.ts';
import type { RunOptions } from './runs.ts';
import { jsonColumn } from './runs-rows.ts';
import { workerOf } from './worker.ts';

/** A run to begin. */
export interface NewRun {
  readonly id: string;
  readonly workflow: string;
  readonly file?: string | undefined;
  readonly graphHash: string;
  /** The graph as JSON text; runs of the same graph share it. */
  readonly graph: string;
  readonly nodeCount: number;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly options: RunOptions;
  /** Where its steps are to go, as JSON text. @default nobody has chosen */
  readonly plan?: string | undefined;
  /** By which door it came. @default a command line */
  readonly door?: RunDoor | undefined;
  /** The same key twice is one run. */
  readonly key?: RunKey | undefined;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Keeps a new run, in phase Running and this process's, with its event.
 *
 * @returns by what it is held
 * @throws SluiceError `RunKeyTaken` where another one has its key
 */
export async function createRun(state: Database, run: NewRun): Promise<Lease> {
  return workerOf(state).hold((worker) => insertRun(state, run, worker));
}

async function insertRun(state: Database, run: NewRun, worker: string): Promise<Lease> {
  await state.transaction(async (transaction) => {
    const { id, workflow, graphHash, time } = run;
    await transaction.run(
      'INSERT INTO graphs (hash, graph) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      graphHash,
      run.graph,
    );
    const created = await transaction.run(
      `INSERT INTO runs
        (id, workflow, file, phase, graph_hash, node_count, inputs, options, owner, fence, created_at, updated_at,
          owner_pid, owner_start)
      SELECT ?, ?, ?, 'Running', ?, ?, ?, ?, ?, 1, ?, ?, ${OWNER_PROCESS} WHERE ${WORKER_LIVES}
      ON CONFLICT (id) DO NOTHING`,
      id,
      workflow,
      run.file ?? null,
      graphHash,
      run.nodeCount,
      jsonColumn(run.inputs),
      jsonColumn(run.options),
      worker,
      time,
      time,
      worker,
      worker,
      worker,
    );
    if (created !== 1) {
      // Ids are of chance, or follow from what the run is of: then its key is the same.
      const taken = await transaction.get('SELECT 1 AS taken FROM runs WHERE id = ?', id);
      throw taken ? runKeyTaken(run.key ?? { key: id }) : leaseLost(`The worker '${worker}'`);
    }
    if (run.plan !== undefined)
      await transaction.run('INSERT INTO run_plans (run, plan) VALUES (?, ?)', id, run.plan);
    if (run.door) await noteDoor(transaction, id, run.door);
    if (run.key && !(await takeRunKey(transaction, run.key, id))) throw runKeyTaken(run.key);
    await recordEvents(transaction, [
      { kind: 'run', subject: id, type: 'Running', time, data: { workflow } },
    ]);
  });
  return { worker, fence: 1 };
}
