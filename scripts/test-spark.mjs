// Tests of Spark: they download it once (320 MB), and install Java where that can be done.
import { installComponents } from './support/components.mjs';
import { prepareProject, run } from './support/project.mjs';

await prepareProject();
installComponents(['java']);
const files = process.argv.slice(2);
process.exitCode = await run('vitest', ['run', ...(files.length > 0 ? files : ['test/spark'])], {
  env: { ...process.env, SLUICE_TEST_SPARK: 'true' },
});
