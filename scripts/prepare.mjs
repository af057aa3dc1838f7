// npm's own `prepare`: after `npm ci` and `npm install` in a clone, and before `npm pack`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { root, stampInstall } from './support/project.mjs';

if (!existsSync(join(root, 'node_modules', '.bin', 'tsc'))) {
  console.log('No compiler is installed (development dependencies were left out): dist is not built.');
} else {
  stampInstall();
  const code = await buildOnce();
  // A tree that does not compile can still be installed, and mended; it cannot be packed.
  if (process.env.npm_command === 'pack' || process.env.npm_command === 'publish') process.exitCode = code;
}
