import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cluster } from '../../harness/cluster.ts';
import type { ServeFixture } from '../../harness/sluice-serve.ts';
import { troubles } from './random-trouble.ts';
import {
  askEndpoint,
  type BegunJob,
  beginProcessing,
  beginRun,
  beginTraining,
  beginTransform,
  changeEndpoint,
  prepareWork,
} from './random-work.ts';

/** Of the moments at which servers are killed; another one is tried with SEED=…, and more rounds with ROUNDS=… */
let seed = Number(process.env['SEED'] ?? 20_261_128);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
/** These come in any case; with more rounds, any. */
const FIRST = [
  'connections are cut, and the server is killed',
  'all is stopped for longer than its lease',
  'the server is killed while the database is down',
];
const LEASE_MS = 10_000;
const POLL = { timeout: 180_000, interval: 250 };
const ENDED = /^(Completed|Failed|Stopped)$/;

let cluster: Cluster;
const servers = new Map<string, ServeFixture>();

beforeAll(async () => {
  cluster = await Cluster.start();
  await Promise.all(
    ['a', 'b'].map(async (name) => {
      await mkdir(cluster.home(name), { recursive: true });
      await writeFile(join(cluster.home(name), 'config.yaml'), `lease: ${LEASE_MS / 1000}s\n`);
      servers.set(name, await cluster.serve(name));
    }),
  );
  await prepareWork(cluster, servers.get('a') as ServeFixture);
}, 240_000);

afterAll(() => cluster?.[Symbol.asyncDispose](), 300_000);

it(
  'every job and run comes to one end, whichever server is killed or stopped, and whatever the database does',
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const begun = await beginWork(round);
      await sleep(random(2500));
      const name = random(2) === 0 ? 'a' : 'b';
      const trouble = troubleOf(round);
      if (process.env['ROUNDS']) console.log(new Date().toISOString(), round, name, trouble);
      const server = servers.get(name) as ServeFixture;
      await troubles[trouble]?.({ cluster, name, server, leaseMs: LEASE_MS, random });
      if (isDead(server)) servers.set(name, await cluster.serve(name));
      await expectEnds(begun);
    }
    await expectNothingLeft();
  },
  600_000 + ROUNDS * 120_000,
);

function troubleOf(round: number): string {
  const all = Object.keys(troubles);
  return FIRST[round] ?? (all[random(all.length)] as string);
}

/** What was asked for in a round. */
interface Begun {
  readonly jobs: readonly BegunJob[];
  readonly run: string;
}

async function beginWork(round: number): Promise<Begun> {
  const jobs: BegunJob[] = [];
  for (const begin of [
    (server: ServeFixture) => beginTraining(server, `again-${round}`, 2 * random(1000)),
    (server: ServeFixture) => beginTraining(server, `once-${round}`, 2 * random(1000) + 1),
    (server: ServeFixture) => beginProcessing(server, `processing-${round}`, random(2000)),
    (server: ServeFixture) => beginTransform(server, `transform-${round}`),
  ])
    jobs.push(await persistently(begin));
  await persistently((server) => changeEndpoint(server, round));
  return { jobs, run: await persistently((server) => beginRun(server, `run-${round}`)) };
}

async function expectEnds({ jobs, run }: Begun): Promise<void> {
  for (const job of jobs) await expectOneEnd(job);
  await expectRunEnded(run);
  const endpoint = () => persistently((server) => askEndpoint(cluster, server));
  await expect.poll(async () => (await endpoint()).status, POLL).toBe('InService');
  for (const server of servers.values()) {
    const same = async () => {
      const { model, answers } = await askEndpoint(cluster, server);
      return answers === model ? 'the same' : `${answers} in place of ${model}`;
    };
    await expect.poll(() => same().catch(String), POLL).toBe('the same');
  }
}

async function expectOneEnd(job: BegunJob): Promise<void> {
  const end = () => persistently((server) => job.end(server));
  await expect.poll(async () => (await end()).status, { ...POLL, message: job.name }).toMatch(ENDED);
  const { status, reason, endedAt, keys } = await end();
  expect(cluster.sql(`SELECT status FROM sluice.jobs WHERE name = '${job.name}'`)).toBe(`${status}\n`);
  const ends = `SELECT count(*) FROM sluice.events WHERE kind = 'job' AND subject LIKE '%/${job.name}' AND type IN ('Completed', 'Failed', 'Stopped')`;
  expect([job.name, cluster.sql(ends)]).toEqual([job.name, '1\n']);
  const heads = await Promise.all(
    keys.map((key) => cluster.s3.store.head('bucket', key).catch(() => undefined)),
  );
  // A server that was only away from its database has not failed a job that goes on without it.
  if (status !== 'Completed') {
    assert.match(reason ?? '', /InternalServerError/, job.name);
    expect([job.name, heads.filter(Boolean)]).toEqual([job.name, []]);
    return;
  }
  for (const [index, head] of heads.entries()) {
    assert(head, `${job.name} has no ${keys[index]}`);
    // What is published twice is there later than the job's end.
    assert(endedAt && head.lastModified.getTime() <= endedAt.getTime() + 1000, `${job.name}: ${keys[index]}`);
  }
  if (job.name.startsWith('processing')) {
    const [one, other] = await Promise.all(keys.map(textOf));
    expect([job.name, one]).toEqual([job.name, other]);
  }
}

async function textOf(key: string): Promise<string> {
  const { body } = await cluster.s3.store.get('bucket', key);
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

/** Jobs that die with their machine are the engine's to try again. */
async function expectRunEnded(id: string): Promise<void> {
  const read = () =>
    persistently(async ({ url }) => {
      const response = await fetch(`${url}/_sluice/v1/runs/${id}`);
      return ((await response.json()) as { phase: string }).phase;
    });
  await expect.poll(read, { ...POLL, message: id }).toBe('Succeeded');
  const succeeded = `SELECT count(*) FROM sluice.events WHERE subject = '${id}' AND kind = 'node' AND type = 'Succeeded'`;
  expect([id, cluster.sql(succeeded)]).toEqual([id, '2\n']);
}

/** Nothing is under way, and nothing half done is kept. */
async function expectNothingLeft(): Promise<void> {
  const count = (table: string, which: string) =>
    Number(cluster.sql(`SELECT count(*) FROM sluice.${table} WHERE ${which}`));
  expect(count('jobs', "status NOT IN ('Completed', 'Failed', 'Stopped')")).toBe(0);
  expect(count('runs', "phase = 'Running'")).toBe(0);
  await expect.poll(() => count('uploads', 'true'), POLL).toBe(0);
  const { s3 } = servers.get('a') as ServeFixture;
  // One that was killed before it could keep that it had begun an upload has sent no byte of it.
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'bucket' }));
  for (const { Key, UploadId } of Uploads)
    expect((await s3.send(new ListPartsCommand({ Bucket: 'bucket', Key, UploadId }))).Parts ?? []).toEqual(
      [],
    );
}

function isDead({ program: { child } }: ServeFixture): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Asks one server after the other: one may be dead at the moment, or without its database. */
async function persistently<Result>(ask: (server: ServeFixture) => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries++) {
    for (const server of servers.values()) {
      try {
        return await ask(server);
      } catch (error) {
        if (tries > 200) throw error;
      }
    }
    await sleep(100);
  }
}

/** A whole number below another one. @see mulberry32 */
function random(below: number): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}
