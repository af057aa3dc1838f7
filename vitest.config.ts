import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

// For every Node that the tests start, and for the tests' own modules.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('./node_modules/.cache/sluice/compiled', import.meta.url),
);

// Clients that are written in Python are compiled once, not at every start.
delete process.env['PYTHONDONTWRITEBYTECODE'];

/** Rooms whose tests leave their process as they found it: one process runs many of them. */
const sharedRooms = 'bundles|contract|core|engine|flyte|graph|objects|platforms|sdk|server|state';
/** But these have timers, an environment or open files of their own. */
const ownProcess = [
  'test/core/{long-timer,process-table,tree}.test.ts',
  'test/flyte/connector/answers-in-time.test.ts',
  'test/flyte/judged/**/*.test.ts',
  'test/platforms/poller.test.ts',
  'test/platforms/kubernetes/**/*.test.ts',
  'test/server/runtime/**/*.test.ts',
];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: source('index.ts') },
      { find: /^sluice\/serving$/, replacement: source('serving/index.ts') },
    ],
  },
  test: {
    // It takes minutes: `npm run test:image`.
    exclude: [
      ...configDefaults.exclude,
      ...(process.env['npm_lifecycle_event'] === 'test:image' ? [] : ['test/image/**']),
      // They install SageMaker's SDKs: `npm run test:clients`.
      ...(process.env['SLUICE_TEST_CLIENTS'] ? [] : ['test/clients/**']),
      // It builds the agent's image, and its jobs take seconds each: `npm run test:batch`.
      ...(process.env['npm_lifecycle_event'] === 'test:batch' ? [] : ['test/batch/**']),
      // It downloads Spark: `npm run test:spark`.
      ...(process.env['SLUICE_TEST_SPARK'] ? [] : ['test/spark/**']),
      // It needs Kubernetes: `npm run test:cluster`.
      ...(process.env['SLUICE_TEST_CLUSTER'] ? [] : ['test/cluster/**']),
      // It needs JupyterLab and Chromium: `npm run test:jupyter`.
      ...(process.env['SLUICE_TEST_JUPYTER'] ? [] : ['test/jupyter/**']),
      // It needs Go and flytekit: `npm run test:flyte`.
      ...(process.env['SLUICE_TEST_FLYTE'] ? [] : ['test/flyte/judged/**']),
      // It needs a server: `npm run test:postgres`, which leaves out what is about the file of the embedded database.
      ...(process.env['SLUICE_TEST_DATABASE']
        ? ['test/state/sqlite/**']
        : ['test/state/postgres/**', 'test/server/cluster/**']),
    ],
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: [`test/@(${sharedRooms})/**/*.test.ts`],
          exclude: ownProcess,
          isolate: process.env['SLUICE_TEST_DATABASE'] !== undefined,
        },
      },
      {
        extends: true,
        test: { name: 'own process', include: [`test/!(${sharedRooms})/**/*.test.ts`, ...ownProcess] },
      },
    ],
    globalSetup: ['test/harness/no-leaks.ts'],
    // SLUICE_TEST_TIMES names a file for the processor time of each test file.
    setupFiles: ['test/harness/processor-time.ts'],
    pool: 'forks',
    // Tests wait for processes, clients and graces half of their time: two processors have room for four.
    maxWorkers: 4,
    // What never comes fails the test; what is slow, on a machine with other work, does not.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
