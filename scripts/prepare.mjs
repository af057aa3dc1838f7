// npm's own `prepare`: after `npm ci` in a clone, and before `npm pack`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { root, stampInstall } from './support/project.mjs';

if (!existsSync(join(root, 'node_modules', '.bin', 'tsc'))) {
  console.log('No compiler is installed (development dependencies were left out): dist is not built.');
} else {
  process.exitCode = await buildOnce();
  if (process.exitCode === 0) stampInstall();
}
