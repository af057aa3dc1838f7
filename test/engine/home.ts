import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { homePaths } from '../../src/core/home.ts';
import { createEngine, type Engine } from '../../src/engine/index.ts';
import { type Database, openDatabase } from '../../src/state/index.ts';
import { FakePlatform } from './fake-platform.ts';

/** An engine on a home of its own, closed and removed after the test. */
export async function testEngine(
  platform = new FakePlatform(),
): Promise<{ engine: Engine; state: Database; home: string; platform: FakePlatform }> {
  const home = mkdtempSync(join(tmpdir(), 'engine-'));
  const state = await openDatabase(homePaths(home));
  onTestFinished(async () => {
    await state.close();
    rmSync(home, { recursive: true, force: true });
  });
  return { engine: createEngine({ state, platforms: { local: platform } }), state, home, platform };
}
