import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { type Database, recordEvents } from '../../src/state/index.ts';
import { WRITER_LOCK } from '../../src/state/postgres/postgres-transaction.ts';
import { postgresServer, psql } from './database.ts';

/** Makes a state one that cannot be written. @returns what mends it */
export type Obstacle = (state: Database) => Promise<() => Promise<void>>;

/** Leaves no room, as on a full disk. */
export const fillState: Obstacle = async (state) => {
  if (state.dialect === 'postgres') return fillPostgres(state, 'sluice.events FOR EACH STATEMENT');
  const mend = await fillStateNearly(state);
  const event = { kind: 'run', subject: 'x', type: 'x', time: 1, data: 'x'.repeat(50) };
  for (let room = true; room; )
    room = await state
      .transaction((transaction) => recordEvents(transaction, [event]))
      .then(
        () => true,
        () => false,
      );
  return mend;
};

/** Leaves room for small rows alone. */
export const fillStateNearly: Obstacle = async (state) => {
  if (state.dialect === 'postgres')
    return fillPostgres(state, 'sluice.nodes FOR EACH ROW WHEN (length(NEW.outputs) > 10000)');
  await state.get('PRAGMA max_page_count = 1');
  return async () => void (await state.get('PRAGMA max_page_count = 1000000'));
};

/** Another process writes. */
export const lockState: Obstacle = async (state) => {
  if (state.dialect === 'postgres') {
    const other = new Client(`${postgresServer}/${nameOf(state)}`);
    await other.connect();
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${WRITER_LOCK})`);
    return () => other.end();
  }
  const other = new DatabaseSync(state.place, { timeout: 10_000 });
  other.exec('BEGIN IMMEDIATE');
  return async () => other.close();
};

/** It takes no writes: as a standby, or a file system that is read-only. */
export const closeState: Obstacle = async (state) => {
  if (state.dialect === 'postgres') {
    const name = nameOf(state);
    const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
    expectDone(
      psql('postgres', `ALTER DATABASE ${name} SET default_transaction_read_only = on; ${terminate}`),
    );
    return async () =>
      expectDone(psql('postgres', `ALTER DATABASE ${name} RESET default_transaction_read_only`));
  }
  await state.get('PRAGMA query_only = 1');
  return async () => void (await state.get('PRAGMA query_only = 0'));
};

/** The server answers as one whose disk is full. */
function fillPostgres(state: Database, rows: string): () => Promise<void> {
  const name = nameOf(state);
  expectDone(
    psql(
      name,
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON ${rows} EXECUTE FUNCTION full_disk()`,
    ),
  );
  return async () => expectDone(psql(name, 'DROP FUNCTION full_disk() CASCADE'));
}

function nameOf({ place }: Database): string {
  return place.slice(place.lastIndexOf('/') + 1);
}

function expectDone({ stderr }: { readonly stderr: string }): void {
  if (/ERROR|FATAL/.test(stderr)) throw new Error(stderr);
}
