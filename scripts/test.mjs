import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { checkAll } from './support/checks.mjs';
import { installComponents, missingComponents } from './support/components.mjs';
import { prepareProject, root, run } from './support/project.mjs';

// With arguments (`npm test -- test/cli`) only those tests run, without the checks.
const files = process.argv.slice(2);
await prepareProject();
installComponents();
const missing = missingComponents();
if (missing.length > 0 && process.env.CI === 'true') {
  console.error(`Nothing may be left out where CI=true.\n${describe(missing)}`);
  process.exit(1);
}
process.exitCode = (await buildOnce()) || (files.length === 0 ? await checkAll() : 0);
if (process.exitCode === 0) {
  const leftOut = missing.flatMap((component) => component.files);
  const excluded = leftOut.flatMap((file) => ['--exclude', file]);
  // What was just compiled starts faster than the source, and is what users run.
  const env = { SLUICE_TEST_PROGRAM: join(root, 'dist', 'cli', 'main.js') };
  process.exitCode = await run('vitest', ['run', ...files, ...excluded], { env });
}
if (missing.length > 0)
  console.log(`\nLeft out, because this machine lacks what they need:\n${describe(missing)}`);

function describe(components) {
  const lines = components.map(
    ({ name, packages, files: needing }) =>
      `  ${name}: ${needing.length} test files. On Debian or Ubuntu: apt-get install ${packages.join(' ')}`,
  );
  return lines.join('\n');
}
