import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from './metric-text.ts';

/** The process itself, under the names that Prometheus' own clients use. */
export class ProcessMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });

  /** Begins to watch how late work begins. */
  open(): void {
    this.#delay.enable();
  }

  collect(): Metric[] {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const files = openFiles();
    const lag = this.#delay.percentile(99) / 1e9;
    this.#delay.reset();
    return [
      counter('process_cpu_seconds_total', 'Processor time, user and system.', (user + system) / 1e6),
      gauge('process_start_time_seconds', 'When the server began.', performance.timeOrigin / 1000),
      gauge('process_resident_memory_bytes', 'Memory in use.', rss),
      gauge('nodejs_heap_size_used_bytes', "Of JavaScript's heap.", heapUsed),
      gauge('nodejs_eventloop_lag_p99_seconds', 'How late work began since the last look.', lag),
      ...(files === undefined ? [] : [gauge('process_open_fds', 'Open files and connections.', files)]),
    ];
  }

  close(): void {
    this.#delay.disable();
  }
}

function counter(name: string, help: string, value: number): Metric {
  return { name, type: 'counter', help, samples: [{ value }] };
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
