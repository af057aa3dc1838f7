import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEndpoint, type EndpointRecord, getEndpoint } from '../../src/state/index.ts';
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
