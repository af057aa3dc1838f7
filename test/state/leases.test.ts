import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createJob,
  type Database,
  type JobRecord,
  type Lease,
  listEvents,
  listOpenJobs,
  type Roster,
  readRoster,
  takeOverJob,
  updateJob,
} from '../../src/state/index.ts';
import { migrateSqlite } from '../../src/state/sqlite/migrate-sqlite.ts';
import { SqliteDatabase } from '../../src/state/sqlite/sqlite-database.ts';
import { insertWorker, renewWorker } from '../../src/state/workers-save.ts';

const LEASE_MS = 15_000;
const ACTORS = 3;

/** What happens next; every worker is on a machine of its own, and may be paused for as long as others go on. */
type Step =
  | { readonly kind: 'pass' | 'jump'; readonly ms: number }
  | {
      readonly kind:
        | 'renew'
        | 'begin'
        | 'write'
        | 'decide'
        | 'publish'
        | 'finish'
        | 'look'
        | 'take'
        | 'crash';
      readonly actor: number;
    };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: LEASE_MS + 1 }) }),
    fc.record({
      kind: fc.constant('jump' as const),
      ms: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    }),
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'renew',
          'begin',
          'write',
          'decide',
          'publish',
          'finish',
          'look',
          'take',
          'crash',
        ),
        actor: fc.nat(ACTORS - 1),
      }),
    },
  ) as fc.Arbitrary<Step>,
  { minLength: 10, maxLength: 60 },
);

/** A worker is overdue when another one looks, comes back and publishes, and only then is its job taken over. */
const BACK_AT_THE_LAST_MOMENT: Step[] = [
  { kind: 'begin', actor: 1 },
  { kind: 'pass', ms: LEASE_MS + 1 },
  { kind: 'renew', actor: 2 },
  { kind: 'look', actor: 2 },
  { kind: 'decide', actor: 1 },
  { kind: 'publish', actor: 1 },
  { kind: 'take', actor: 2 },
  { kind: 'finish', actor: 2 },
];

/** A worker as it sees itself: what it believes to hold may be another one's by now. */
interface Actor {
  id: string;
  held: JobRecord[];
  /** What it saw when it last looked, however long ago that is. */
  seen?: { readonly open: readonly JobRecord[]; readonly roster: Roster };
}

class World {
  #now = Date.UTC(2026, 10, 28);
  #count = 0;
  readonly state: Database;
  readonly actors: Actor[] = [];
  /** How many results were kept of each job. */
  readonly finished = new Map<string, number>();
  /** Whose outputs users have ever seen of each job: what an attempt staged. */
  readonly published = new Map<string, Set<string>>();
  /** How many changes were kept. */
  landed = 0;

  constructor() {
    const connection = new DatabaseSync(':memory:');
    migrateSqlite(connection, ':memory:');
    this.state = new SqliteDatabase(connection, ':memory:', 1000, () => this.#now);
  }

  async start(actor: number): Promise<void> {
    const id = `w${++this.#count}`;
    const machine = { host: `h${actor}`, machine: `m${actor}`, boot: `b${this.#count}`, namespace: 'n' };
    const worker = { ...machine, id, name: id, pid: 1, startTime: 's', leaseMs: LEASE_MS };
    assert.ok(await insertWorker(this.state, worker));
    this.actors[actor] = { id, held: [] };
  }

  async do(step: Step): Promise<void> {
    if ('ms' in step) {
      this.#now += step.ms;
      return;
    }
    const actor = this.actors[step.actor] as Actor;
    if (step.kind === 'crash') return this.start(step.actor);
    if (step.kind === 'renew') {
      if (!(await renewWorker(this.state, actor.id, undefined))) await this.start(step.actor);
    } else if (step.kind === 'begin') await this.#begin(actor);
    else if (step.kind === 'look') await this.#look(actor);
    else if (step.kind === 'take') await this.#take(actor);
    else if (step.kind === 'decide') await this.#decide(actor);
    else if (step.kind === 'publish') this.#publish(actor);
    else if (step.kind === 'finish') await this.#finish(actor);
    else await this.#write(actor, {});
  }

  async #begin(actor: Actor): Promise<void> {
    const name = `j${++this.#count}`;
    const record: JobRecord = {
      type: 'training',
      name,
      arn: `arn:${name}`,
      status: 'InProgress',
      secondaryStatus: 'Starting',
      createdAt: 1,
      modifiedAt: 1,
      request: {},
      progress: { transitions: [] },
      lease: { worker: actor.id, fence: 1 },
    };
    if (!(await lands(() => createJob(this.state, record, undefined)))) return;
    this.landed++;
    actor.held.push(record);
    this.finished.set(name, 0);
    this.published.set(name, new Set());
  }

  async #look(actor: Actor): Promise<void> {
    const open = await listOpenJobs(this.state, 'training');
    actor.seen = { open, roster: await readRoster(this.state) };
  }

  async #take(actor: Actor): Promise<void> {
    const { open = [], roster } = actor.seen ?? {};
    for (const record of open) {
      if (!roster || record.lease.worker === actor.id || roster.isHeld(record.lease)) continue;
      const before = await this.#lease(record.name);
      const orphan = { found: record, record, holder: roster.worker(record.lease), message: 'taken' };
      const lease = await takeOverJob(this.state, orphan, actor.id);
      if (!lease) continue;
      this.landed++;
      assert.equal(lease.fence, (before?.fence ?? 0) + 1, 'each claim has a fence of its own');
      actor.held.push({ ...record, lease });
    }
  }

  /** Commits what the outputs are: those that this attempt has staged. */
  async #decide(actor: Actor): Promise<void> {
    const record = actor.held.at(-1);
    if (!record || record.progress.publication) return;
    const { name, lease } = record;
    const output = { uri: `s3://b/${name}`, bytes: 1, id: `${name}:${lease.fence}` };
    const publication = { outputs: [output], outcome: { status: 'Completed' as const } };
    await this.#write(actor, { progress: { transitions: [], publication } });
  }

  /** The store knows no fence: who believes to hold a job publishes what was decided as it last knew. */
  #publish(actor: Actor): void {
    const { name, progress } = actor.held.at(-1) ?? {};
    for (const { id } of progress?.publication?.outputs ?? []) {
      const seen = this.published.get(name as string) as Set<string>;
      seen.add(id);
      assert.equal(seen.size, 1, 'users see the outputs of one attempt');
    }
  }

  async #finish(actor: Actor): Promise<void> {
    const record = actor.held.at(-1);
    await this.#decide(actor);
    if (actor.held.at(-1)?.name !== record?.name) return;
    this.#publish(actor);
    await this.#write(actor, { status: 'Completed', progress: { transitions: [] } });
  }

  async #write(actor: Actor, changes: Partial<JobRecord>): Promise<void> {
    const record = actor.held.at(-1);
    if (!record) return;
    const changed: JobRecord = { ...record, ...changes };
    const finishes = changed.status === 'Completed';
    const now = await this.#lease(record.name);
    const event = { kind: 'job', subject: 'job', type: changed.status, time: 1 };
    const kept = await lands(() => updateJob(this.state, () => ({ record: changed, events: [event] })));
    const holds = now?.worker === record.lease.worker && now.fence === record.lease.fence;
    assert.equal(kept, holds, "a loser's write never lands, and a holder's does");
    if (kept) this.landed++;
    if (kept && finishes) this.finished.set(record.name, (this.finished.get(record.name) ?? 0) + 1);
    if (!kept || finishes) actor.held.pop();
    else actor.held[actor.held.length - 1] = changed;
  }

  async #lease(name: string): Promise<Lease | undefined> {
    const sql = 'SELECT owner AS worker, fence FROM jobs WHERE name = ?';
    return this.state.get<{ worker: string; fence: number }>(sql, name);
  }
}

/** Whether a write was kept. */
async function lands(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'LeaseLost');
    return false;
  }
}

test('whatever happens between workers, no job has two results or outputs of two attempts, or is lost, and no write of a loser lands', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = new World();
      for (let actor = 0; actor < ACTORS; actor++) await world.start(actor);
      for (const step of all) await world.do(step);
      // From here on one worker is at work, and the others are gone: everything comes to its end.
      for (let turn = 0; turn < 3; turn++) {
        await world.do({ kind: 'renew', actor: 0 });
        await world.do({ kind: 'pass', ms: LEASE_MS - 1 });
      }
      await world.do({ kind: 'renew', actor: 0 });
      await world.do({ kind: 'look', actor: 0 });
      await world.do({ kind: 'take', actor: 0 });
      while ((world.actors[0] as Actor).held.length > 0) await world.do({ kind: 'finish', actor: 0 });
      expect(await listOpenJobs(world.state, 'training')).toEqual([]);
      expect([...world.finished.values()].every((count) => count === 1)).toBe(true);
      expect([...world.published.values()].every(({ size }) => size === 1)).toBe(true);
      expect(await listEvents(world.state, { limit: 1000 })).toHaveLength(world.landed);
      await world.state.close();
    }),
    { numRuns: 150, seed: 20261128, examples: [[BACK_AT_THE_LAST_MOMENT]] },
  );
});
