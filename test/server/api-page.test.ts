import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/generate-api-page.mjs', import.meta.url));

test('docs/aws-api.md is what the code says', async () => {
  await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toBeDefined();
});
