// SageMaker's own clients in Python, as they are: versions 2 and 3 of its SDK, and aws-sagemaker-remote 0.0.71. Installs them once.
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { installComponents } from './support/components.mjs';
import { prepareProject, root, run } from './support/project.mjs';

await prepareProject();
installComponents();
const files = process.argv.slice(2);
process.exitCode = await buildOnce();
if (process.exitCode === 0)
  process.exitCode = await run('vitest', ['run', ...(files.length > 0 ? files : ['test/clients'])], {
    env: { SLUICE_TEST_CLIENTS: 'true', SLUICE_TEST_PROGRAM: join(root, 'dist', 'cli', 'main.js') },
  });
