// Tests over PostgreSQL, on a server of their own. With arguments (`npm run test:postgres -- test/server`) others than
// those that have most to do with the database.
import { join } from 'node:path';
import { buildOnce } from './support/build.mjs';
import { installComponents } from './support/components.mjs';
import { startPostgres } from './support/postgres.mjs';
import { prepareProject, root, run } from './support/project.mjs';

/**
 * What has most to do with the database: every operation of the state, and of each thing that is kept there (runs, jobs,
 * endpoints, logs, resources) the tests that see a change before or after it is committed. `test/jobs test/server` are all
 * that write to it, and take as long as `npm test`.
 */
const STATEFUL = [
  'test/state',
  'test/cli/prune',
  'test/engine',
  'test/home/keep-runs',
  'test/jobs/job-records',
  'test/jobs/simulate',
  'test/jobs/unwritable-state',
  'test/server/cluster',
  'test/server/logs',
  'test/server/operations',
  'test/server/runtime/invoke-endpoint',
  'test/server/unwritable-state',
];

const files = process.argv.slice(2);
await prepareProject();
installComponents(['postgresql']);
process.exitCode = await buildOnce();
if (process.exitCode === 0) {
  const server = await startPostgres({ isShortLived: true });
  try {
    process.exitCode = await run('vitest', ['run', ...(files.length > 0 ? files : STATEFUL)], {
      env: {
        ...process.env,
        SLUICE_TEST_PROGRAM: join(root, 'dist', 'cli', 'main.js'),
        SLUICE_TEST_DATABASE: server.url,
        SLUICE_TEST_DATABASE_TCP: server.tcpUrl,
      },
    });
  } finally {
    await server.stop();
  }
}
