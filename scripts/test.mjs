import { buildOnce } from './support/build.mjs';
import { checkAll } from './support/checks.mjs';
import { prepareProject, run } from './support/project.mjs';

// With arguments (`npm test -- test/cli`) only those tests run, without the checks.
const files = process.argv.slice(2);
await prepareProject();
process.exitCode = (await buildOnce()) || (files.length === 0 ? await checkAll() : 0);
if (process.exitCode === 0) process.exitCode = await run('vitest', ['run', ...files]);
