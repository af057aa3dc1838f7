import { availableParallelism } from 'node:os';
import { SluiceError } from '../core/errors.ts';

/** How many nodes run at once. */
export interface Concurrency {
  /** All nodes together. @default no limit of its own */
  readonly nodes?: number;
  /** @default the number of cores: a job here is a process of its own */
  readonly jobs?: number;
  /** @default 100: functions share one thread and mostly wait */
  readonly functions?: number;
}

/** Reads the limits; a number limits all nodes together. @throws SluiceError `InvalidArgument` */
export function readConcurrency(given: number | Concurrency = {}): Required<Concurrency> {
  const limits = typeof given === 'number' ? { nodes: given, jobs: given, functions: given } : given;
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw new SluiceError(
      'InvalidArgument',
      `concurrency.${name}: expected a whole number from 1, got ${value}.`,
    );
  }
  return {
    nodes: limits.nodes ?? Number.MAX_SAFE_INTEGER,
    jobs: limits.jobs ?? availableParallelism(),
    functions: limits.functions ?? 100,
  };
}
