import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  claimEndpoint,
  createEndpoint,
  type EndpointRecord,
  getEndpoint,
  updateEndpoint,
} from '../../src/state/index.ts';
import { openTestDatabase } from '../harness/database.ts';

test('an endpoint that was kept when models had one container still has it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const state = await openTestDatabase(home);
  onTestFinished(() => state.close());
  const container = { Image: 'image:1', Environment: { variants: 'a' } };
  const variant = { name: 'all', configured: { VariantName: 'all' }, weight: 1, instances: ['i-1'] };
  const record = {
    name: 'old',
    arn: 'arn:old',
    status: 'InService',
    createdAt: 1,
    modifiedAt: 1,
    request: { EndpointName: 'old', EndpointConfigName: 'old' },
    progress: {
      current: { endpointConfigName: 'old', variants: [{ ...variant, container }], startedAt: 1 },
      processes: [],
    },
    lease: { worker: 'none', fence: 1 },
  };
  await createEndpoint(state, record as unknown as EndpointRecord);
  const found = await getEndpoint(state, 'old');
  expect(found?.progress.current?.variants).toEqual([
    { ...variant, containers: [container], executionMode: 'Serial' },
  ]);
});

test('an endpoint is taken over as its last worker left it, not as it was found before', async () => {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const state = await openTestDatabase(home);
  onTestFinished(() => state.close());
  const found: EndpointRecord = {
    name: 'e',
    arn: 'arn:e',
    status: 'Updating',
    createdAt: 1,
    modifiedAt: 1,
    request: { EndpointName: 'e', EndpointConfigName: 'old' },
    progress: { processes: [] },
    lease: { worker: 'first', fence: 1 },
  };
  await createEndpoint(state, found);
  // Its worker, which was away when it was found, comes back and brings the change to its end.
  const kept = { ...found, status: 'InService', modifiedAt: 2 } as const;
  await updateEndpoint(state, kept, true);
  const lease = { worker: 'second', fence: 2 };
  expect(await claimEndpoint(state, found, undefined, 'second')).toEqual({ ...kept, lease });
  expect(await getEndpoint(state, 'e')).toEqual({ ...kept, lease });
  expect(await claimEndpoint(state, found, undefined, 'third')).toBeUndefined();
});
