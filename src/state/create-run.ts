import type { Json } from '../graph/index.ts';
import type { Database } from './database.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { recordEvents } from './record-events.ts';
import { noteDoor, type RunDoor } from './run-door.ts';
import { type RunKey, runKeyTaken, takeRunKey } from './run-keys.ts';
import type { RunOptions } from './runs.ts';
import { jsonColumn } from './runs-rows.ts';

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
  readonly owner: ProcessIdentity;
  /** By which door it came. @default a command line */
  readonly door?: RunDoor | undefined;
  /** The same key twice is one run. */
  readonly key?: RunKey | undefined;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Keeps a new run, in phase Running, with its event. @throws SluiceError `RunKeyTaken` where another one has its key */
export async function createRun(state: Database, run: NewRun): Promise<void> {
  await state.transaction(async (transaction) => {
    const { id, workflow, graphHash, time, owner } = run;
    await transaction.run(
      'INSERT INTO graphs (hash, graph) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      graphHash,
      run.graph,
    );
    await transaction.run(
      `INSERT INTO runs
        (id, workflow, file, phase, graph_hash, node_count, inputs, options, owner_pid, owner_start, created_at, updated_at)
      VALUES (?, ?, ?, 'Running', ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      workflow,
      run.file ?? null,
      graphHash,
      run.nodeCount,
      jsonColumn(run.inputs),
      jsonColumn(run.options),
      owner.pid,
      owner.startTime,
      time,
      time,
    );
    if (run.door) await noteDoor(transaction, id, run.door);
    if (run.key && !(await takeRunKey(transaction, run.key, id))) throw runKeyTaken(run.key);
    await recordEvents(transaction, [
      { kind: 'run', subject: id, type: 'Running', time, data: { workflow } },
    ]);
  });
}
