import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const packaging = fileURLToPath(new URL('../../packaging', import.meta.url));

test('the unit for systemd is one that systemd takes', async () => {
  // Needs systemd: apt-get install systemd.
  const { stdout, stderr } = await run('systemd-analyze', [
    'verify',
    '--man=no',
    join(packaging, 'sluice.service'),
  ]);
  expect(`${stdout}${stderr}`).not.toContain('sluice.service');
  const unit = await readFile(join(packaging, 'sluice.service'), 'utf8');
  expect(unit).toMatch(/^KillMode=process$/m);
  expect(unit).toMatch(/^ExecStart=.* serve .*--leave-jobs$/m);
});
