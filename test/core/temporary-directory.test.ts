import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTemporaryDirectory } from '../../src/core/temporary-directory.ts';

/** The id of a process that has ended. */
const dead = spawnSync('true').pid;
const longAgo = new Date(Date.now() - 3_600_000);

test('what a dead process has left goes, and nothing else', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'parent-'));
  try {
    const kept = join(parent, 'kept');
    mkdirSync(kept);
    writeFileSync(join(kept, 'file'), '');
    const old = [`code-${dead}-old`, `code-${process.pid}-mine`, `call-${dead}-other`, 'code-of-someone'];
    for (const name of [...old, `code-${dead}-fresh`]) mkdirSync(join(parent, name));
    for (const name of old) utimesSync(join(parent, name), longAgo, longAgo);
    symlinkSync(kept, join(parent, old[0] as string, 'link'));
    utimesSync(join(parent, old[0] as string), longAgo, longAgo);
    const made = await makeTemporaryDirectory(parent, 'code');
    expect(made.startsWith(`${parent}/code-${process.pid}-`)).toBe(true);
    const there = (name: string): boolean => existsSync(join(parent, name));
    expect([...old, `code-${dead}-fresh`, 'kept/file'].map(there)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
    ]);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
