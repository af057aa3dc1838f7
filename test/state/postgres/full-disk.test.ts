import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/support/postgres.mjs';
import { homePaths } from '../../../src/core/home.ts';
import { type Database, listEvents, openDatabase, recordEvents } from '../../../src/state/index.ts';

const mebi = 1024 * 1024;

test('a server whose disk is full keeps all that it has answered, says so, and goes on when there is room', async () => {
  const server = await startPostgres({ smallDisk: 32 * mebi });
  onTestFinished(() => server.stop());
  const small = join(server.directory, 'small');
  sql(server, `CREATE TABLESPACE small LOCATION '${small}'`);
  sql(server, 'CREATE DATABASE full_one TABLESPACE small');
  const open = opener(`${server.url}/full_one`);
  const impatient = await open(200);
  const patient = await open(120_000);
  shell(server, `head -c ${64 * mebi} /dev/zero > ${small}/ballast || true`);

  const kept: string[] = [];
  let refused: unknown;
  for (let full = false; !full; full = refused !== undefined) {
    const subjects = Array.from({ length: 20 }, (_, index) => `${kept.length + index}`);
    const answers = await Promise.allSettled(subjects.map((subject) => write(impatient, subject)));
    answers.forEach((answer, index) => {
      if (answer.status === 'rejected') refused = answer.reason;
      else kept.push(subjects[index] as string);
    });
  }
  expect(refused).toMatchObject({
    code: 'DiskFull',
    message: expect.stringContaining('has no room left') as string,
    hint: expect.stringContaining('Free some space') as string,
  });
  expect(await subjectsOf(impatient)).toEqual(kept.toSorted());

  const waiting = write(patient, 'waited');
  await expect(write(impatient, 'given up')).rejects.toMatchObject({ code: 'DiskFull' });
  shell(server, `rm ${small}/ballast`);
  await waiting;
  expect(await subjectsOf(impatient)).toEqual([...kept, 'waited'].toSorted());
}, 180_000);

/** More than a page holds, however it is compressed. */
function write(state: Database, subject: string): Promise<void> {
  const data = { text: randomBytes(75_000).toString('base64') };
  return state.groupedTransaction((transaction) =>
    recordEvents(transaction, [{ kind: 'run', subject, type: 'Running', time: 5, data }]),
  );
}

async function subjectsOf(state: Database): Promise<string[]> {
  return (await listEvents(state, { limit: 1_000_000 })).map(({ subject }) => subject).sort();
}

function opener(url: string): (busyTimeoutMs: number) => Promise<Database> {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return async (busyTimeoutMs) => {
    const state = await openDatabase(homePaths(home), { url, busyTimeoutMs });
    onTestFinished(() => state.close());
    return state;
  };
}

/** In the server's own view of the file systems. */
function shell(server: PostgresServer, command: string): void {
  sql(server, `COPY (SELECT 1) TO PROGRAM '${command}'`);
}

function sql(server: PostgresServer, statement: string): void {
  const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-c', statement];
  const { status, stderr } = server.tools('psql', args);
  expect({ status, stderr }).toMatchObject({ status: 0 });
}
