import { readRunReport, shownPhase } from '../../../home/runs/index.ts';
import { type Database, getRun, type RunRecord } from '../../../state/index.ts';
import type { RunBody, RunSummaryBody } from '../schemas.ts';

/** A run as lists tell of it. */
export function runSummaryOf(run: RunRecord): RunSummaryBody {
  const { id, workflow, nodeCount, createdAt, endedAt, error, options } = run;
  // A document of JSON: readonly lists are lists.
  const document: object = {
    id,
    workflow,
    ...(options.version !== undefined && { version: options.version }),
    phase: shownPhase(run),
    nodeCount,
    createdAt: new Date(createdAt).toISOString(),
    ...(endedAt !== undefined && {
      endedAt: new Date(endedAt).toISOString(),
      durationMs: endedAt - createdAt,
    }),
    ...(error && { error }),
  };
  return document as RunSummaryBody;
}

/** A run with its nodes. @throws SluiceError `RunNotFound` */
export async function runDocument(state: Database, id: string): Promise<RunBody> {
  const summary = runSummaryOf(await getRun(state, id));
  const { createdAt: _, ...report } = await readRunReport(state, id);
  return { ...(report as unknown as RunBody), ...summary };
}
