import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { testDatabase } from '../conformance/database.ts';
import { openTestDatabase, postgresServer } from '../harness/database.ts';

testDatabase(postgresServer === undefined ? 'SQLite' : 'PostgreSQL', () => {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return openTestDatabase(home);
});
