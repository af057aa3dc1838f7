/** The upper ends of the classes of durations, seconds. */
const CLASSES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Durations {
  readonly counts: number[];
  total: number;
  sum: number;
}

/** What the connector counts of its calls. */
export class ConnectorMetrics {
  readonly #calls = new Map<string, number>();
  readonly #durations = new Map<string, Durations>();

  /** One call that was answered. @param code gRPC's name: `OK`, `UNAVAILABLE`, … */
  count(method: string, code: string, durationMs: number): void {
    const labels = `method="${method}",code="${code}"`;
    this.#calls.set(labels, (this.#calls.get(labels) ?? 0) + 1);
    const durations = this.#durations.get(method) ?? { counts: CLASSES.map(() => 0), total: 0, sum: 0 };
    this.#durations.set(method, durations);
    const seconds = durationMs / 1000;
    const at = CLASSES.findIndex((end) => seconds <= end);
    if (at >= 0) durations.counts[at] = (durations.counts[at] ?? 0) + 1;
    durations.total++;
    durations.sum += seconds;
  }

  /** In Prometheus' text form. */
  toText(): string {
    return [
      '# HELP sluice_connector_calls_total Calls that were answered.',
      '# TYPE sluice_connector_calls_total counter',
      ...[...this.#calls].map(([labels, count]) => `sluice_connector_calls_total{${labels}} ${count}`),
      '# HELP sluice_connector_call_seconds How long answers took.',
      '# TYPE sluice_connector_call_seconds histogram',
      ...[...this.#durations].flatMap(([method, durations]) => histogram(method, durations)),
      '',
    ].join('\n');
  }
}

function histogram(method: string, { counts, total, sum }: Durations): string[] {
  const name = 'sluice_connector_call_seconds';
  let below = 0;
  return [
    ...CLASSES.map((end, at) => {
      below += counts[at] ?? 0;
      return `${name}_bucket{method="${method}",le="${end}"} ${below}`;
    }),
    `${name}_bucket{method="${method}",le="+Inf"} ${total}`,
    `${name}_sum{method="${method}"} ${sum}`,
    `${name}_count{method="${method}"} ${total}`,
  ];
}
