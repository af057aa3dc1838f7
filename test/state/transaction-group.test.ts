import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openTestDatabase } from '../harness/database.ts';

async function openState() {
  const home = await mkdtemp(join(tmpdir(), 'sluice-state-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const state = await openTestDatabase(home);
  await state.run('CREATE TABLE numbers (n BIGINT PRIMARY KEY)');
  const add = (n: number) =>
    state.groupedTransaction(async (transaction) => {
      await transaction.run('INSERT INTO numbers VALUES (?)', n);
      if (n < 0) throw new Error(`refused ${n}`);
      return n;
    });
  return { home, state, add };
}

test('transactions of one turn are committed together, in their order; one that throws undoes its own changes alone', async () => {
  const { state, add } = await openState();
  const results = await Promise.allSettled([add(1), add(-2), add(3)]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(results[1]).toMatchObject({ reason: { message: 'refused -2' } });
  expect(await state.all('SELECT n FROM numbers ORDER BY n')).toMatchObject([{ n: 1 }, { n: 3 }]);
  await state.close();
});

test('what was asked for is committed before the database closes', async () => {
  const { home, state, add } = await openState();
  const added = add(1);
  await state.close();
  expect(await added).toBe(1);
  const again = await openTestDatabase(home);
  expect(await again.all('SELECT n FROM numbers')).toMatchObject([{ n: 1 }]);
  await again.close();
});
