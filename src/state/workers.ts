import type { Machine } from './machine.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** A process that carries out jobs and runs, or serves endpoints. */
export interface WorkerRecord extends Machine, ProcessIdentity {
  /** Of this start of the process alone; another one after it has lost its lease. */
  readonly id: string;
  /** For people; no two that live have the same. */
  readonly name: string;
  /** Where other processes reach it. */
  readonly url?: string | undefined;
  /** How long its lease is, milliseconds. */
  readonly leaseMs: number;
  /** Until when it holds what it holds: milliseconds since 1970, by the database's clock. */
  readonly until: number;
}

/** A row of `workers`. */
export interface WorkerRow {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly machine: string;
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly start_time: string;
  readonly url: string | null;
  readonly lease_ms: number;
  readonly lease_until: number;
}

/** The columns of {@link WorkerRow}. */
export const WORKER_COLUMNS =
  'id, name, host, machine, boot, namespace, pid, start_time, url, lease_ms, lease_until';

/** A row as a record. */
export function workerRecord(row: WorkerRow): WorkerRecord {
  const { start_time: startTime, lease_ms: leaseMs, lease_until: until, url, ...rest } = row;
  return { ...rest, startTime, leaseMs, until, ...(url !== null && { url }) };
}

/** `a (process 123 on host)` */
export function describeWorker({ name, pid, host }: WorkerRecord): string {
  return `${name} (process ${pid} on ${host})`;
}
