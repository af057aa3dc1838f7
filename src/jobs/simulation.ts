/** How jobs pass through their statuses when none of them runs. */
export interface Simulation {
  /** How long a job stays in a secondary status, milliseconds. */
  readonly delayMs: (secondaryStatus: string) => number;
}
