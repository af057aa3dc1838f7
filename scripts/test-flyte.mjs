// Tests under Flyte's own compiler and engine, with flytekit as the client: they build the one with Go, once (minutes), and
// install the other with pip.
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { installComponents } from './support/components.mjs';
import { buildFlyteJudge } from './support/flyte-judge.mjs';
import { prepareProject, root, run } from './support/project.mjs';

const files = process.argv.slice(2);
await prepareProject();
installComponents();
process.exitCode = await buildOnce();
if (process.exitCode === 0) {
  const judge = await buildFlyteJudge();
  process.exitCode = await run('vitest', ['run', ...(files.length > 0 ? files : ['test/flyte/judged'])], {
    env: {
      ...process.env,
      SLUICE_TEST_FLYTE: judge,
      SLUICE_TEST_PROGRAM: join(root, 'dist', 'cli', 'main.js'),
    },
  });
}
