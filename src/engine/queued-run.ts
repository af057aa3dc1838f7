import type { Lease } from '../state/index.ts';
import type { SharedLane } from './lanes.ts';

/** A run of this process that waits for its first place: it is in the state, and next to nothing of it here. */
export interface QueuedRun {
  readonly id: string;
  /** By what it is held. */
  readonly lease: Lease;
  /** Where it waits: a place of any of them is enough. */
  readonly lanes: readonly SharedLane[];
}

/** Whether a run waits for its first place. */
export function isQueued<Run extends object>(run: Run | QueuedRun): run is QueuedRun {
  return 'lanes' in run;
}
