import { cpus, loadavg } from 'node:os';

/** What was measured of one claim: two sides of the same work. */
export interface Comparison {
  readonly work: string;
  /** Milliseconds, one for each round. */
  readonly ownMs: readonly number[];
  readonly otherMs: readonly number[];
  readonly other: string;
  /** How many times as fast ours has to be. */
  readonly atLeast: number;
  /** Of the process that did our side. */
  readonly peakBytes: number;
}

/** One line on the machine, which a figure means nothing without. */
export function printMachine(): void {
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, load ${load} at the start\n`,
  );
}

/** Prints medians, their ratio, and whether it is enough. A miss sets the exit code. */
export function report({ work, ownMs, otherMs, other, atLeast, peakBytes }: Comparison): void {
  const [own, theirs] = [median(ownMs), median(otherMs)];
  const ratio = theirs / own;
  const verdict = ratio >= atLeast ? 'ok' : 'TOO SLOW';
  if (ratio < atLeast) process.exitCode = 1;
  console.log(
    `${work}\n  sluice ${own.toFixed(0)} ms, ${other} ${theirs.toFixed(0)} ms: ${ratio.toFixed(2)}× ` +
      `(at least ${atLeast}×) ${verdict}; peak memory ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle) - 1] as number)) / 2;
}
