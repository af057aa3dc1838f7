import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobTask } from '../../../src/graph/index.ts';
import { openPlatform } from '../../fixtures/platforms/kubernetes.ts';

test('jobs as JobSets are refused: they would be created and never found again', async () => {
  const home = await mkdtemp(join(tmpdir(), 'sluice-kubernetes-'));
  const { platform, detach } = await openPlatform({ home, settings: { jobSet: true }, environment: {} });
  try {
    const task = { type: 'training', name: 'train', image: 'train:1' } as JobTask;
    await expect(platform.check(task)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('platforms.kubernetes.jobSet') as string,
    });
  } finally {
    await detach();
    await rm(home, { recursive: true });
  }
});
