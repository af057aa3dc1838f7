import { isRunActive, type Roster, type RunPhase, type RunRecord } from '../../state/index.ts';

/** A run's phase as people see it: `Crashed` is one that is Running for a worker that is away or gone. */
export type ShownPhase = RunPhase | 'Crashed';

/** The phase, and whether the worker that carries the run out is still there; the roster is read after the run. */
export function shownPhase(roster: Roster, run: RunRecord): ShownPhase {
  return run.phase === 'Running' && !isRunActive(roster, run) ? 'Crashed' : run.phase;
}
