import { shownPhase } from '../../../home/index.ts';
import { readRunReport } from '../../../home/runs/index.ts';
import {
  type Database,
  getRun,
  lastEventId,
  type Roster,
  type RunRecord,
  readRoster,
} from '../../../state/index.ts';
import type { RunBody, RunSummaryBody } from '../schemas.ts';

/** A run as lists tell of it. */
export function runSummaryOf(roster: Roster, run: RunRecord): RunSummaryBody {
  const { id, workflow, nodeCount, createdAt, endedAt, error, options } = run;
  // A document of JSON: readonly lists are lists.
  const document: object = {
    id,
    workflow,
    ...(options.version !== undefined && { version: options.version }),
    phase: shownPhase(roster, run),
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

/** One run, without its nodes. @throws SluiceError `RunNotFound` */
export async function runSummary(state: Database, id: string): Promise<RunSummaryBody> {
  const run = await getRun(state, id);
  return runSummaryOf(await readRoster(state), run);
}

/** A run with its nodes. @throws SluiceError `RunNotFound` */
export async function runDocument(state: Database, id: string): Promise<RunBody> {
  // What happens from here on may be told of twice, and is not missed.
  const lastEvent = await lastEventId(state);
  const summary = await runSummary(state, id);
  const { createdAt: _, ...report } = await readRunReport(state, id);
  return { ...(report as unknown as RunBody), ...summary, lastEvent };
}
