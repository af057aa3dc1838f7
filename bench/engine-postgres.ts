/**
 * The engine on PostgreSQL over a local socket, durable as in production: functions that do nothing, one worker, then
 * four on the same database. A transition is a change of a node that is committed with its event: two for each node.
 *
 * Targets: at least 3,000 transitions a second; with four workers no fewer than with one, at no more than 1.2 times the
 * processor time for each, the server's counted. pgbench (its simple update, one client) is for information.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Table from 'cli-table3';
import { startPostgres } from '../scripts/support/postgres.mjs';

const NODES = Number(process.argv[2] ?? 20_000);
const REPEATS = 3;
/** Of /proc: a hundredth of a second. */
const TICK_MS = 10;

interface Measured {
  readonly rate: number;
  /** Microseconds for each transition, workers and server together. */
  readonly cpuUs: number;
}

interface Told {
  readonly phase: string;
  readonly cpuMs: number;
}

const server = await startPostgres();
try {
  server.tools('pgbench', ['-q', '-i', '-s', '10', 'postgres']);
  const { stdout } = server.tools('pgbench', ['-n', '-N', '-M', 'prepared', '-T', '5', 'postgres']);
  const pgbench = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  await measure(1, 1000);
  const results = new Map<number, Measured[]>([
    [1, []],
    [4, []],
  ]);
  for (let repeat = 0; repeat < REPEATS; repeat++)
    for (const [workers, measured] of results) measured.push(await measure(workers, NODES / workers));
  report(pgbench, median(results.get(1) ?? []), median(results.get(4) ?? []));
} finally {
  await server.stop();
}

async function measure(workers: number, nodes: number): Promise<Measured> {
  const children = Array.from({ length: workers }, () => {
    const file = join(import.meta.dirname, 'support/postgres-engine-worker.ts');
    const child = spawn(process.execPath, [file, `${server.url}/postgres`, String(nodes)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  for (const { lines } of children) await lines.next();
  const serverBefore = serverCpuMs();
  const began = performance.now();
  for (const { child } of children) child.stdin.write('go\n');
  const told = await Promise.all(
    children.map(async ({ lines }) => JSON.parse((await lines.next()).value as string) as Told),
  );
  const wallMs = performance.now() - began;
  // The server's processes of these connections are counted while they are there, or by their parent.
  const cpuMs = serverCpuMs() - serverBefore + told.reduce((sum, each) => sum + each.cpuMs, 0);
  await Promise.all(
    children.filter(({ child }) => child.exitCode === null).map(({ child }) => once(child, 'exit')),
  );
  if (told.some(({ phase }) => phase !== 'Succeeded')) throw new Error('A run did not succeed.');
  const transitions = 2 * nodes * workers;
  return { rate: (transitions / wallMs) * 1000, cpuUs: (cpuMs * 1000) / transitions };
}

/** What the server's processes have used, those that have ended included. */
function serverCpuMs(): number {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const stats = all.map(readStat).filter((stat) => stat !== undefined);
  const postmaster = Number(
    readFileSync(join(server.directory, 'data/postmaster.pid'), 'utf8').split('\n')[0],
  );
  const ticks = stats.map(({ pid, parent, own, children }) =>
    pid === postmaster ? own + children : parent === postmaster ? own : 0,
  );
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

function readStat(pid: string): { pid: number; parent: number; own: number; children: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, own = 0, ownSystem = 0, children = 0, childrenSystem = 0] = [1, 11, 12, 13, 14].map(
      (n) => fields[n],
    );
    return { pid: Number(pid), parent, own: own + ownSystem, children: children + childrenSystem };
  } catch {
    return undefined;
  }
}

function median(measured: readonly Measured[]): Measured {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    rate: middle(measured.map(({ rate }) => rate)),
    cpuUs: middle(measured.map(({ cpuUs }) => cpuUs)),
  };
}

function report(pgbench: number, one: Measured, four: Measured): void {
  const table = new Table({
    head: ['workers', 'transitions/s', 'processor µs/transition'],
    style: { head: [], border: [] },
  });
  const row = (name: string, { rate, cpuUs }: Measured) => [
    name,
    Math.round(rate).toLocaleString('en'),
    cpuUs.toFixed(0),
  ];
  table.push(row('1', one), row('4', four));
  console.log(table.toString());
  console.log(
    `pgbench, simple update, one client: ${Math.round(pgbench).toLocaleString('en')} transactions/s.`,
  );
  const cpu = four.cpuUs / one.cpuUs;
  const met = one.rate >= 3000 && four.rate >= one.rate && cpu <= 1.2;
  console.log(
    `Four against one: ${(four.rate / one.rate).toFixed(2)}× the rate (≥ 1), ${cpu.toFixed(2)}× the processor time (≤ 1.2); ≥ 3,000 transitions/s. ${met ? 'Met.' : 'Missed.'}`,
  );
  process.exitCode = met ? 0 : 1;
}
