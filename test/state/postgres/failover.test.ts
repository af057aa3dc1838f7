import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type PostgresTools, startPostgres } from '../../../scripts/support/postgres.mjs';
import { homePaths } from '../../../src/core/home.ts';
import {
  type Database,
  listEvents,
  type OpenDatabaseOptions,
  openDatabase,
  recordEvents,
} from '../../../src/state/index.ts';

test('the standby that takes the place of a dead server is found: what was answered is there, and nothing twice', async () => {
  const primary = await startPostgres();
  onTestFinished(() => primary.stop());
  const standby = await primary.startStandby();
  await answerOnlyWhatBothHave(primary);
  const open = opener([primary, standby]);
  const state = await open({ busyTimeoutMs: 120_000 });
  const writer = new Writer(state);
  await vi.waitFor(() => expect(writer.done.length).toBeGreaterThan(10), { timeout: 120_000 });
  await primary.crash();

  const reading = await open({ readOnly: true });
  expect((await listEvents(reading)).length).toBeGreaterThan(10);
  await expect(open({ busyTimeoutMs: 100 })).rejects.toMatchObject({
    code: 'HomeReadOnly',
    hint: expect.stringContaining('standby') as string,
  });
  const before = writer.done.length;
  sql(standby, 'SELECT pg_promote()');
  await vi.waitFor(() => expect(writer.done.length).toBeGreaterThan(before + 10), { timeout: 120_000 });
  const { done, unknown } = await writer.stop();

  const kept = (await listEvents(state, { limit: 1_000_000 })).map(({ subject }) => subject);
  expect(new Set(kept).size).toBe(kept.length);
  expect(done.filter((subject) => !kept.includes(subject))).toEqual([]);
  expect(kept.filter((subject) => !done.includes(subject) && !unknown.includes(subject))).toEqual([]);
}, 300_000);

/** Writes one event after the other, until it is told to stop. */
class Writer {
  /** What was answered. */
  readonly done: string[] = [];
  /** Of which nobody can say whether it was kept. */
  readonly unknown: string[] = [];
  readonly #state: Database;
  readonly #writing: Promise<void>;
  #stopped = false;

  constructor(state: Database) {
    this.#state = state;
    this.#writing = this.#write();
  }

  async stop(): Promise<this> {
    this.#stopped = true;
    await this.#writing;
    return this;
  }

  async #write(): Promise<void> {
    for (let count = 0; !this.#stopped; count++) {
      const event = { kind: 'run', subject: `${count}`, type: 'Running', time: 5 };
      try {
        await this.#state.transaction((transaction) => recordEvents(transaction, [event]));
        this.done.push(event.subject);
      } catch (error) {
        assert.match(String(error), /SluiceError: .* cannot be found out/);
        this.unknown.push(event.subject);
      }
    }
  }
}

/** A commit is answered when the standby has it, too. */
async function answerOnlyWhatBothHave(primary: PostgresTools): Promise<void> {
  sql(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
  sql(primary, 'SELECT pg_reload_conf()');
  const states = 'SELECT sync_state FROM pg_stat_replication';
  await vi.waitFor(() => expect(sql(primary, states)).toBe('sync\n'), { timeout: 120_000 });
}

/** Opens the database with a URL of several hosts. */
function opener(servers: readonly PostgresTools[]): (options: OpenDatabaseOptions) => Promise<Database> {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const hosts = servers.map(({ directory, port }) => `${encodeURIComponent(directory)}:${port}`).join();
  return async (options) => {
    const url = `postgresql://sluice@${hosts}/postgres?target_session_attrs=read-write`;
    const state = await openDatabase(homePaths(home), { ...options, url });
    onTestFinished(() => state.close());
    return state;
  };
}

function sql(server: PostgresTools, statement: string): string {
  const { stdout, stderr } = server.tools('psql', ['-X', '-q', '-At', '-d', 'postgres', '-c', statement]);
  expect(stderr).toBe('');
  return stdout;
}
