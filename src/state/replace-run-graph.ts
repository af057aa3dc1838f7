import type { Database } from './database.ts';
import { type Lease, leaseLost } from './lease.ts';

/** The graph that a run goes on with. */
export interface ReplacedGraph {
  readonly id: string;
  /** By what the run is held. */
  readonly lease: Lease;
  readonly graphHash: string;
  /** As JSON text; runs of the same graph share it. */
  readonly graph: string;
  /** The file that it comes from. */
  readonly file: string | undefined;
}

/**
 * Records the graph that a run goes on with, which has the same nodes as the one before.
 *
 * @throws SluiceError `LeaseLost` where the run is somebody else's by now
 */
export async function replaceRunGraph(
  state: Database,
  { id, lease, graphHash, graph, file }: ReplacedGraph,
): Promise<void> {
  await state.transaction(async (transaction) => {
    await transaction.run(
      'INSERT INTO graphs (hash, graph) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
      graphHash,
      graph,
    );
    const sql = 'SELECT graph_hash FROM runs WHERE id = ?';
    const before = (await transaction.get<{ graph_hash: string }>(sql, id))?.graph_hash ?? '';
    const update = 'UPDATE runs SET graph_hash = ?, file = ? WHERE id = ? AND owner = ? AND fence = ?';
    const values = [graphHash, file ?? null, id, lease.worker, lease.fence];
    if ((await transaction.run(update, ...values)) !== 1) throw leaseLost(`Run '${id}'`);
    await transaction.run(
      'DELETE FROM graphs WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE graph_hash = ?)',
      before,
      before,
    );
  });
}
