import { isProcessAlive, type RunPhase, type RunRecord } from '../../state/index.ts';

/** A run's phase as people see it: `Crashed` is one that is Running for a process that has ended. */
export type ShownPhase = RunPhase | 'Crashed';

/** The phase, and whether the process that carries the run out is still there. */
export function shownPhase({ phase, owner }: RunRecord): ShownPhase {
  return phase === 'Running' && (owner === undefined || !isProcessAlive(owner)) ? 'Crashed' : phase;
}
