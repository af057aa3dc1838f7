import type { PlatformName } from './platform-names.ts';

/** Where a job may run, and what that is expected to take and to cost. Plain JSON. */
export interface Place {
  readonly platform: PlatformName;
  /** In the platform's own words. */
  readonly instanceType: string;
  /** Further types, in order, that are asked for in the same request: the platform takes the first that it has room for. */
  readonly instancePreferences?: readonly string[];
  /** Where the task leaves it open and the platform can tell. @default the task's own */
  readonly instanceCount?: number;
  /** Whether the machine may be taken away. */
  readonly spot: boolean;
  /** From the request to the end. */
  readonly seconds: number;
  /** US dollars; null: unknown. */
  readonly usd: number | null;
  /** The same with the dearest of the further types. Absent where there are none. */
  readonly mostUsd?: number | null;
  /** The day of the price, ISO 8601. Absent where there is none. */
  readonly priced?: string;
  /** The region of the price, where another one's stands in for the platform's own, which is not known. */
  readonly pricedIn?: string;
}

/** A platform that was looked at for a task, with what spoke for or against it. */
export interface ConsideredPlace extends Place {
  readonly fits: boolean;
  readonly reason: string;
}

/** Where a task runs. */
export interface Choice {
  readonly chosen: Omit<ConsideredPlace, 'fits'>;
  /** Every platform that is enabled, the chosen one among them. */
  readonly considered: readonly ConsideredPlace[];
  /** All places that fit, in the order in which they are tried: the chosen one first. */
  readonly places: readonly Place[];
}
