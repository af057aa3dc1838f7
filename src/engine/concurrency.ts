import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import type { Platform } from '../platforms/index.ts';

/** How many nodes run at once. */
export interface Concurrency {
  /** All nodes together. @default no limit of its own */
  readonly nodes?: number;
  /**
   * A number: jobs of all platforms together, in place of what each platform can. By platform: of those that are named.
   *
   * @default what each platform can, `capabilities.jobsAtOnce`: on this machine, as many as it has cores
   */
  readonly jobs?: number | Readonly<Record<string, number>>;
  /** @default 100: functions share one thread and mostly wait */
  readonly functions?: number;
}

/** {@link Concurrency}, read. */
export interface NodeLimits {
  readonly nodes: number;
  readonly functions: number;
  /** Of all platforms together. */
  readonly jobs: number;
  readonly jobsOf: (platform: string) => number;
}

/** Reads the limits; a number limits all nodes together. @throws SluiceError `InvalidArgument` */
export function readConcurrency(
  given: number | Concurrency = {},
  platforms: Readonly<Record<string, Platform>> = {},
): NodeLimits {
  const limits = typeof given === 'number' ? { nodes: given, jobs: given, functions: given } : given;
  const { nodes = Number.POSITIVE_INFINITY, functions = 100, jobs = {} } = limits;
  expectCount('nodes', limits.nodes);
  expectCount('functions', limits.functions);
  const byPlatform = typeof jobs === 'number' ? undefined : jobs;
  for (const [name, value] of Object.entries(byPlatform ?? {})) {
    expectCount(`jobs.${name}`, value);
    if (!Object.hasOwn(platforms, name)) throw unknownPlatform(name, platforms);
  }
  if (typeof jobs === 'number') expectCount('jobs', jobs);
  return {
    nodes,
    functions,
    jobs: typeof jobs === 'number' ? jobs : Number.POSITIVE_INFINITY,
    jobsOf: (name) => {
      if (!byPlatform) return Number.POSITIVE_INFINITY;
      return byPlatform[name] ?? platforms[name]?.capabilities.jobsAtOnce ?? Number.POSITIVE_INFINITY;
    },
  };
}

function expectCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return;
  throw new SluiceError(
    'InvalidArgument',
    `concurrency.${name}: expected a whole number from 1, got ${value}.`,
  );
}

function unknownPlatform(name: string, platforms: Readonly<Record<string, Platform>>): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `concurrency.jobs: there is no platform '${name}'. ${suggest(name, Object.keys(platforms))}`,
  );
}
