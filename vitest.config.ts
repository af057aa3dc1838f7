import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

// For every Node that the tests start, and for the tests' own modules.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('./node_modules/.cache/sluice/compiled', import.meta.url),
);

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: source('index.ts') },
      { find: /^sluice\/serving$/, replacement: source('serving/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // It takes minutes: `npm run test:image`.
    exclude: [
      ...configDefaults.exclude,
      ...(process.env['npm_lifecycle_event'] === 'test:image' ? [] : ['test/image/**']),
      // It downloads Spark: `npm run test:spark`.
      ...(process.env['SLUICE_TEST_SPARK'] ? [] : ['test/spark/**']),
      // It needs Kubernetes: `npm run test:cluster`.
      ...(process.env['SLUICE_TEST_CLUSTER'] ? [] : ['test/cluster/**']),
      // It needs Go and flytekit: `npm run test:flyte`.
      ...(process.env['SLUICE_TEST_FLYTE'] ? [] : ['test/flyte/judged/**']),
      // It needs a server: `npm run test:postgres`, which leaves out what is about the file of the embedded database.
      ...(process.env['SLUICE_TEST_DATABASE']
        ? ['test/state/sqlite/**']
        : ['test/state/postgres/**', 'test/server/cluster/**']),
    ],
    globalSetup: ['test/harness/no-leaks.ts'],
    pool: 'forks',
    // Tests wait for processes, clients and graces half of their time: two processors have room for a third.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});
