import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Database, getRun, listEvents, listRuns, workerOf } from '../../src/state/index.ts';
import { blockingFlow } from '../fixtures/engine/blocking-flow.ts';
import { testEngine } from './home.ts';

test('a function that blocks its process for longer than the lease loses its run to another machine, and adds nothing to it', async () => {
  const { engine, state, home } = await testEngine();
  const first = await startBlocking(state, home);
  await expect.poll(() => isLeaseOver(state), { timeout: 120_000 }).toBe(true);
  const flow = blockingFlow({ effects: first.effects, who: 'second', go: home });
  const resumed = await engine.resume(first.run, flow);
  expect(await resumed.done).toMatchObject({ phase: 'Succeeded' });
  expect(await first.letGo()).toEqual({ phase: 'Failed', code: 'LeaseLost' });
  expect(first.told()).toEqual(['first block', 'second block', 'second follow']);
  expect(await successes(state, first.run)).toEqual(['block', 'follow']);
  expect(await getRun(state, first.run)).toMatchObject({ phase: 'Succeeded' });
}, 180_000);

test('a function that blocks its process for longer than the lease keeps its run where nobody has taken it over', async () => {
  const { state, home } = await testEngine();
  const first = await startBlocking(state, home);
  await expect.poll(() => isLeaseOver(state), { timeout: 120_000 }).toBe(true);
  expect(await first.letGo()).toEqual({ phase: 'Succeeded' });
  expect(first.told()).toEqual(['first block', 'first follow']);
  expect(await successes(state, first.run)).toEqual(['block', 'follow']);
}, 180_000);

interface Blocking {
  readonly run: string;
  readonly effects: string;
  /** The functions that have begun. */
  told(): string[];
  /** Ends the waiting. Resolves with how its run has ended, as its process sees it. */
  letGo(): Promise<unknown>;
}

/** Starts a run in a process that blocks, and that seems to be of another machine: only its lease tells of it. */
async function startBlocking(state: Database, home: string): Promise<Blocking> {
  const effects = join(home, 'effects');
  const go = join(home, 'go');
  const fixture = join(import.meta.dirname, '../fixtures/engine/run-blocking.ts');
  const child = spawn(process.execPath, [fixture, home, effects, go], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = text(child.stdout);
  const ended = once(child, 'exit');
  await vi.waitFor(() => expect(existsSync(effects)).toBe(true), { timeout: 120_000 });
  await state.run("UPDATE workers SET machine = 'elsewhere', boot = 'another'");
  const [run] = await listRuns(state);
  return {
    run: run?.id ?? '',
    effects,
    told: () => readFileSync(effects, 'utf8').split('\n').filter(Boolean),
    letGo: async () => {
      writeFileSync(go, '');
      await ended;
      return JSON.parse(await printed) as unknown;
    },
  };
}

async function isLeaseOver(state: Database): Promise<boolean> {
  const roster = await workerOf(state).roster();
  return [...roster.workers].some(({ until }) => until <= roster.now);
}

async function successes(state: Database, run: string): Promise<unknown[]> {
  const events = await listEvents(state, { subject: run, kind: 'node' });
  return events.filter(({ type }) => type === 'Succeeded').map(({ data }) => (data as { node: string }).node);
}
