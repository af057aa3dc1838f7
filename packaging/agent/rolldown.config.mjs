// The agent in few files: each container of a job starts with them, and Node takes a third of a second for hundreds.
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

const dist = join(import.meta.dirname, '../../dist');
/** Started as files of their own, beside whoever starts them. */
const workers = globSync('{objects,channels}/**/*-worker.js', { cwd: dist });

export default {
  input: Object.fromEntries(
    ['cli/main.js', ...workers].map((file) => [basename(file, '.js'), join(dist, file)]),
  ),
  platform: 'node',
  // Native: it is found beside.
  external: ['koffi'],
  output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
};
