import { buildOnce } from './support/build.mjs';
import { prepareProject } from './support/project.mjs';

await prepareProject();
process.exitCode = await buildOnce();
