import { setTimeout as sleep } from 'node:timers/promises';
import { listRunners } from '../../../src/home/job-runner/runner-files.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { killRunners, type ServeFixture } from '../../harness/sluice-serve.ts';

/** Whom trouble comes to. */
export interface Troubled {
  readonly cluster: Cluster;
  readonly name: string;
  readonly server: ServeFixture;
  /** Of the homes' configuration, milliseconds. */
  readonly leaseMs: number;
  /** A whole number below another one. */
  readonly random: (below: number) => number;
}

/** What may happen to one server, or to the database of both. A server that was killed starts again afterwards. */
export const troubles: Readonly<Record<string, (troubled: Troubled) => Promise<void>>> = {
  'the server is killed': ({ server }) => server.kill(),
  'the server is killed with its jobs': ({ server }) => server.killAll(),
  'the process that runs its jobs is killed': ({ cluster, name }) => killRunners(cluster.home(name)),
  'all is stopped for longer than its lease': freeze,
  'the database crashes': crash,
  'the server is killed while the database is down': async (troubled) => {
    const { cluster, server, random } = troubled;
    await cluster.postgres.crash();
    await server.kill();
    await sleep(random(3000));
    await cluster.postgres.restart();
  },
  'connections are cut, and the server is killed': async ({ cluster, server }) => {
    cutConnections(cluster);
    await server.killAll();
  },
  'nobody gets a connection': fillConnections,
};

/** SIGSTOP, as a machine that sleeps: others take over, and it wakes with nothing of its own. */
async function freeze({ cluster, name, server, leaseMs, random }: Troubled): Promise<void> {
  const pids = [server.program.child.pid as number, ...listRunners(cluster.home(name)).map(({ pid }) => pid)];
  const signal = (which: NodeJS.Signals) => {
    for (const pid of pids) if (isThere(pid)) process.kill(pid, which);
  };
  signal('SIGSTOP');
  await sleep(leaseMs + 2000 + random(2000));
  signal('SIGCONT');
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function crash({ cluster, random }: Troubled): Promise<void> {
  await cluster.postgres.crash();
  await sleep(random(3000));
  await cluster.postgres.restart();
}

function cutConnections(cluster: Cluster): void {
  cluster.sql(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app' AND pid <> pg_backend_pid()",
  );
}

/** As where others use the database up: for a while nobody gets a new connection. */
async function fillConnections({ cluster }: Troubled): Promise<void> {
  cluster.sql('ALTER ROLE app CONNECTION LIMIT 0');
  cutConnections(cluster);
  await sleep(1500);
  cluster.sql('ALTER ROLE app CONNECTION LIMIT -1');
}
