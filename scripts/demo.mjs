import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { prepareProject, root, run } from './support/project.mjs';

await prepareProject();
process.exitCode = await buildOnce();
if (process.exitCode === 0) {
  const args = process.argv.slice(2);
  process.exitCode = await run(process.execPath, [
    join(root, 'dist', 'cli', 'main.js'),
    'run',
    join(root, 'examples', 'diagnosis', 'pipeline.ts'),
    ...args,
  ]);
}
