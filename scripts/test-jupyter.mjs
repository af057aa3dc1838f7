// A notebook in a real JupyterLab, which pip brings, in a real Chromium, which is installed where that can be done.
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { installComponents } from './support/components.mjs';
import { prepareProject, root, run } from './support/project.mjs';

await prepareProject();
installComponents(['chromium']);
process.exitCode = await buildOnce();
if (process.exitCode === 0)
  process.exitCode = await run('vitest', ['run', 'test/jupyter'], {
    env: {
      ...process.env,
      SLUICE_TEST_JUPYTER: 'true',
      SLUICE_TEST_PROGRAM: join(root, 'dist', 'cli', 'main.js'),
    },
  });
