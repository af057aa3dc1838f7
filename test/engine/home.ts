import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createEngine, type Engine } from '../../src/engine/index.ts';
import type { Database } from '../../src/state/index.ts';
import { openTestDatabase } from '../harness/database.ts';
import { FakePlatform } from './fake-platform.ts';

/** An engine on a home of its own, closed and removed after the test. */
export async function testEngine(
  platform = new FakePlatform(),
  ...others: readonly FakePlatform[]
): Promise<{ engine: Engine; state: Database; home: string; platform: FakePlatform }> {
  const home = mkdtempSync(join(tmpdir(), 'engine-'));
  const state = await openTestDatabase(home);
  onTestFinished(async () => {
    await state.close();
    rmSync(home, { recursive: true, force: true });
  });
  const platforms = Object.fromEntries([platform, ...others].map((each) => [each.name, each]));
  // Nothing is to wait for room for half an hour.
  return { engine: createEngine({ state, platforms, maxQueueMs: 20 }), state, home, platform };
}
