import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ecsEnd, endOf } from '../../src/agent/index.ts';

const ended = (more: object) => ({
  containerStatuses: [
    { name: 'feed', state: {} },
    { name: 'main', state: { terminated: { exitCode: 0, finishedAt: '2026-11-28T10:00:10Z', ...more } } },
  ],
});
/** Asked to end at 10:00:05, with 125 s. */
const DELETED = { deletionTimestamp: '2026-11-28T10:02:10Z', deletionGracePeriodSeconds: 125 };

test.each([
  ['runs', {}, { containerStatuses: [{ name: 'main', state: { running: {} } }] }, undefined],
  ['ended by itself', {}, ended({ reason: 'Completed' }), { exitCode: 0, stopped: false }],
  [
    'had no memory left',
    {},
    ended({ exitCode: 137, reason: 'OOMKilled' }),
    { exitCode: 137, stopped: false, reason: 'OOMKilled' },
  ],
  ['ended after its pod was deleted', DELETED, ended({}), { exitCode: 0, stopped: true }],
  [
    'ended before its pod was deleted',
    DELETED,
    ended({ finishedAt: '2026-11-28T10:00:04Z' }),
    { exitCode: 0, stopped: false },
  ],
  ['was evicted', {}, { ...ended({}), reason: 'Evicted' }, { exitCode: 0, stopped: true }],
  ['ended as its node shut down', {}, { ...ended({}), reason: 'Terminated' }, { exitCode: 0, stopped: true }],
  [
    'had to make room',
    {},
    { ...ended({}), conditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { exitCode: 0, stopped: true },
  ],
  [
    'ended before somebody evicted its pod',
    DELETED,
    {
      ...ended({ finishedAt: '2026-11-28T10:00:04Z' }),
      conditions: [{ type: 'DisruptionTarget', status: 'True' }],
    },
    { exitCode: 0, stopped: false },
  ],
] as const)('a pod whose container %s', (_, metadata, status, end) => {
  expect(endOf({ metadata, status } as Parameters<typeof endOf>[0], 'main')).toEqual(end);
});

test.each([
  ['RUNNING', { exitCode: 3, stopped: false }],
  ['STOPPED', { exitCode: 3, stopped: true }],
] as const)(
  "ECS tells of the end in the task's metadata, and whether the task was stopped: %s",
  async (desired, end) => {
    let asked = 0;
    const server = createServer((request, response) => {
      const isLate = asked++ > 0;
      const main = {
        Name: 'main',
        KnownStatus: isLate ? 'STOPPED' : 'RUNNING',
        ...(isLate && { ExitCode: 3 }),
      };
      response.end(
        request.url === '/v4/x/task' ? JSON.stringify({ DesiredStatus: desired, Containers: [main] }) : '',
      );
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    try {
      expect(await ecsEnd(`http://127.0.0.1:${port}/v4/x`, 'main').end()).toEqual(end);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);

describe('a container that ECS does not tell of', () => {
  test.each([
    ['has not begun after the limit', 'RUNNING', 'PULLED', 0, 'it did not begin'],
    ['is being ended before it begins', 'STOPPED', 'PULLED', 60_000, undefined],
    ['is nowhere while its task is being ended', 'STOPPED', undefined, 60_000, undefined],
  ])('%s', async (_, desired, state, startMs, reason) => {
    const server = createServer((_request, response) => {
      const own = state === undefined ? [] : [{ Name: 'main', KnownStatus: state }];
      response.end(JSON.stringify({ DesiredStatus: desired, Containers: own }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const end = await ecsEnd(`http://127.0.0.1:${port}/v4/x`, 'main', { startMs }).end();
    expect(end.stopped).toBe(desired === 'STOPPED');
    expect(end.exitCode).toBeUndefined();
    expect(end.reason ?? '').toContain(reason ?? '');
    server.closeAllConnections();
    server.close();
  });
});
