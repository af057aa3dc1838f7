import { type Database, workerOf } from '../../state/index.ts';
import type { Metric } from './metric-text.ts';

/** Whether the server holds its lease, and how long that lasts without another renewal. Nothing where it holds nothing. */
export function collectLeaseMetrics(state: Database): Metric[] {
  const { leaseLeftMs } = workerOf(state);
  if (leaseLeftMs === undefined) return [];
  return [
    {
      name: 'sluice_lease_seconds',
      type: 'gauge',
      help: "Seconds until the server's lease is over, unless it is renewed; 0 or less: others may take over.",
      samples: [{ labels: {}, value: leaseLeftMs / 1000 }],
    },
  ];
}
