import { totalmem } from 'node:os';
import { LOG_GROUPS, logHost } from '../../contract/log-names.ts';
import { metricPoint } from '../../state/index.ts';
import type { JobLife } from '../job-life.ts';
import { type ProcessUsage, readProcessUsage } from './process-usage.ts';

/** A command of a job that runs. */
export interface WatchedCommand {
  /** `algo-1`; of several containers `algo-1/first`. */
  readonly host: string;
  /** The process that owns its tree. */
  readonly pid: number;
}

/** When a job is looked at, milliseconds after its start: often while it is young. */
const FIRST_MS = 200;
const INTERVALS = [
  { until: 60_000, every: 1000 },
  { until: 600_000, every: 10_000 },
  { until: Number.POSITIVE_INFINITY, every: 60_000 },
] as const;

/**
 * Measures the processor time and memory of a job's commands, and keeps them as SageMaker's metrics of its hosts:
 * `CPUUtilization`, 100 for each processor, and `MemoryUtilization`, percent of the machine's.
 *
 * @returns ends it.
 */
export function watchUsage(life: JobLife, commands: readonly WatchedCommand[]): () => void {
  if (commands.length === 0) return () => undefined;
  const hosts = Map.groupBy(commands, ({ host }) => host.split('/', 1)[0] as string);
  const started = performance.now();
  const before = new Map<string, { readonly at: number; readonly cpuMs: number }>();
  const look = (): void => {
    const now = performance.now();
    for (const [host, ofHost] of hosts) {
      const usage = usageOf(ofHost);
      if (!usage) continue;
      const last = before.get(host) ?? { at: started, cpuMs: 0 };
      before.set(host, { at: now, cpuMs: usage.cpuMs });
      const cpu = (Math.max(0, usage.cpuMs - last.cpuMs) / (now - last.at)) * 100;
      keep(life, host, 'CPUUtilization', cpu);
      keep(life, host, 'MemoryUtilization', (usage.memoryBytes / totalmem()) * 100);
    }
    const { every } = INTERVALS.find(({ until }) => now - started < until) ?? INTERVALS[2];
    timer = setTimeout(look, every).unref();
  };
  let timer = setTimeout(look, FIRST_MS).unref();
  return () => clearTimeout(timer);
}

function usageOf(commands: readonly WatchedCommand[]): ProcessUsage | undefined {
  const usages = commands.map(({ pid }) => readProcessUsage(pid)).filter((usage) => usage !== undefined);
  if (usages.length === 0) return undefined;
  return {
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: usages.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

function keep({ record, context, metrics }: JobLife, host: string, name: string, value: number): void {
  const { type, name: jobName } = record;
  const dimensions = { Host: `${jobName}/${logHost({ type, jobName, host })}` };
  const metric = { namespace: LOG_GROUPS[type], name, dimensions };
  metrics.add(metric, 'Percent', metricPoint(context.clock().getTime(), value));
}
