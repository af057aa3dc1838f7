import { checkAll } from './support/checks.mjs';
import { prepareProject } from './support/project.mjs';

await prepareProject();
process.exitCode = await checkAll();
