import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Outlives `npm ci`, which empties node_modules. */
const CACHE = fileURLToPath(new URL('../../.cache/old-node', import.meta.url));

/**
 * A real Node.js of this major version, brought once for a clone by npm.
 *
 * @returns the directory of its program
 */
export async function oldNode(major: number): Promise<string> {
  const place = join(CACHE, String(major));
  if (!existsSync(place)) {
    await mkdir(CACHE, { recursive: true });
    const made = await mkdtemp(join(CACHE, 'new-'));
    await writeFile(join(made, 'package.json'), '{}');
    await run('npm', ['install', '--silent', '--no-audit', '--no-fund', `node@${major}`], { cwd: made });
    await rename(made, place).catch(() => rm(made, { recursive: true, force: true }));
  }
  return join(place, 'node_modules', 'node', 'bin');
}
