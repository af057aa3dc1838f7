/** What tells one metric from others. */
export interface MetricKey {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What was measured at a time: a value, or what is known of several. */
export interface MetricPoint {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** How many values. */
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** Points of a metric that are to be kept. */
export interface MetricPoints extends MetricKey {
  /** `Percent`, `Count`, `Microseconds`, … @default 'None' */
  readonly unit?: string | undefined;
  readonly points: readonly MetricPoint[];
}

/** The dimensions of a metric as they are kept: JSON, whatever their order was. */
export function dimensionsText(dimensions: MetricKey['dimensions']): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

/** A value that occurred a number of times at a time. */
export function metricPoint(time: number, value: number, count = 1): MetricPoint {
  return { time, count, sum: value * count, min: value, max: value };
}
