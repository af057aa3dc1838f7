import type { Command } from 'commander';
import { openState } from '../../home/index.ts';
import { listWorkers, type WorkerSummary } from '../../state/index.ts';
import { readContext } from '../context.ts';
import { formatDuration } from '../display/format.ts';
import { fitTable, formatTable, printDocument } from '../output.ts';

/** `sluice workers ls` */
export function configure(command: Command): void {
  command
    .addHelpText(
      'after',
      `
Workers are the processes that run jobs, carry out runs and serve endpoints:
servers, their job runners, and commands such as sluice run. Each renews its
lease; what one holds whose lease is over is taken over by another server.

Examples:
  sluice workers ls
  sluice workers ls --json`,
    )
    .action(async () => {
      const context = readContext(command);
      const state = await openState(context, 'look');
      try {
        const workers = await listWorkers(state);
        printDocument(context, { workers: workers.map(toDocument) }, toText);
      } finally {
        await state.close();
      }
    });
}

function toDocument({ name, host, pid, url, until, leftMs, standing, jobs, runs, endpoints }: WorkerSummary) {
  return {
    name,
    machine: host,
    process: pid,
    ...(url !== undefined && { url }),
    lease: standing,
    leaseUntil: new Date(until),
    leaseLeftMs: leftMs,
    jobs,
    runs,
    endpoints,
  };
}

function toText({ workers }: { readonly workers: readonly ReturnType<typeof toDocument>[] }): string {
  if (workers.length === 0) return 'No workers: nothing runs. `sluice serve` and `sluice run` are some.';
  const rows = workers.map((worker) => [
    worker.name,
    worker.machine,
    leaseText(worker),
    String(worker.jobs),
    String(worker.runs),
    String(worker.endpoints),
    worker.url ?? '–',
  ]);
  const header = ['NAME', 'MACHINE', 'LEASE', 'JOBS', 'RUNS', 'ENDPOINTS', 'URL'];
  const fitting = fitTable(header, rows, ['URL', 'MACHINE', 'ENDPOINTS']);
  return formatTable(fitting.header, fitting.rows);
}

/** `12s`, `overdue 3s`, `gone` */
function leaseText({ lease, leaseLeftMs }: ReturnType<typeof toDocument>): string {
  if (lease === 'gone') return 'gone';
  const duration = formatDuration(Math.abs(leaseLeftMs));
  return leaseLeftMs < 0 ? `overdue ${duration}` : duration;
}
