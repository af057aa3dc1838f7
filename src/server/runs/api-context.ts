import type { Home } from '../../home/index.ts';
import type { RunKeeper, RunLimits } from '../../home/keep-runs/index.ts';
import type { Streams } from './event-stream.ts';

/** What the operations of the API work with. */
export interface ApiContext {
  readonly home: Pick<
    Home,
    'state' | 'bundles' | 'engine' | 'platforms' | 'paths' | 'jobs' | 'sandboxed' | 'resumeNotApproved'
  >;
  readonly keeper: RunKeeper;
  readonly streams: Streams;
  readonly limits: RunLimits;
  readonly clock: () => Date;
}
