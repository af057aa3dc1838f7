import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Connector } from '../../../src/flyte/connector/connector.ts';
import type { AsyncTaskType, ConnectorContext } from '../../../src/flyte/connector/task-type.ts';
import { createRequest } from '../../harness/flyte-client.ts';

/** What Propeller waits for an answer. */
const PROPELLER_WAITS_MS = 10_000;

const never = new Promise<never>(() => undefined);
let answers: Partial<AsyncTaskType>;
const told: string[] = [];
const connector = new Connector({
  context: { log: (line) => told.push(line) } as Partial<ConnectorContext> as ConnectorContext,
  types: {
    slow: {
      create: (...given) => answers.create?.(...given) ?? never,
      get: (...given) => answers.get?.(...given) ?? never,
      delete: (...given) => answers.delete?.(...given) ?? never,
    },
    slow_request: { execute: () => never },
  },
  key: 'k'.repeat(32),
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  answers = { create: async () => ({ id: 'one' }) };
});
afterEach(() => {
  vi.useRealTimers();
});

/** What it answers before Propeller gives up. */
async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(PROPELLER_WAITS_MS - 1);
  expect(isDone).toBe(true);
  return done;
}

const request = createRequest({ type: 'slow' });

it('a task whose platform does not answer stays as it was last seen, in time for Propeller', async () => {
  const meta = await connector.create(request);
  expect(await inTime(connector.get(meta))).toMatchObject({ phase: 'RUNNING' });
  answers.get = async () => ({ phase: 'QUEUED', message: 'waits for room' });
  expect(await connector.get(meta)).toMatchObject({ phase: 'QUEUED' });
  answers.get = () => never;
  expect(await inTime(connector.get(meta))).toMatchObject({ phase: 'QUEUED', message: 'waits for room' });
  expect(told.at(-1)).toContain('GetTask took longer than 8 s');
});

it('a create, a delete and a short task that do not come to an end are errors that Flyte tries again', async () => {
  const meta = await connector.create(request);
  answers = {};
  const later = { code: 'ServerUnavailable', fault: 'system' };
  await expect(inTime(connector.create(request))).rejects.toMatchObject(later);
  await expect(inTime(connector.delete(meta))).rejects.toMatchObject(later);
  await expect(inTime(connector.execute(createRequest({ type: 'slow_request' })))).rejects.toMatchObject(
    later,
  );
});
