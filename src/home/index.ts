/** The door of the home: light, since what runs jobs is loaded when a home is opened. */
import type { HomeContext } from './home-context.ts';
import type { Home, OpenHomeOptions } from './open-home.ts';

export type { HomePlatforms } from './create-platforms.ts';
export type { HomeContext } from './home-context.ts';
export { jobTypes } from './job-types.ts';
export type { Home, OpenHomeOptions } from './open-home.ts';
export { openState, stateUrl } from './open-state.ts';
export { type ShownPhase, shownPhase } from './runs/run-phase.ts';

/**
 * Opens a home: its configuration, its state, its stores, its jobs.
 *
 * @throws SluiceError `ConfigInvalid`, `ExecutorUnavailable`, `HomeReadOnly`, `HomeLocked`, `HomeVersion`
 */
export async function openHome(context: HomeContext, options?: OpenHomeOptions): Promise<Home> {
  return (await import('./open-home.ts')).openHome(context, options);
}
