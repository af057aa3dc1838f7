// File mode from the embedded store against `cp -r` of the same directory: `node bench/file-embedded.ts [GiB]`.
// At least 50×: where the executor can mount, nothing is copied.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareInput } from '../src/channels/index.ts';
import { createDirectoryStore } from '../src/objects/directory/create-directory-store.ts';
import { makeFiles } from './support/make-files.ts';
import { printMachine, report } from './support/report.ts';

const gibibytes = Number(process.argv[2] ?? 10);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));

try {
  printMachine();
  const store = createDirectoryStore(join(directory, 's3'));
  await store.createBucket('data');
  const source = join(directory, 's3/data/train');
  makeFiles({ directory: source, count: gibibytes * 16, bytesEach: 2 ** 26 });
  mkdirSync(join(directory, 'job'));
  const ownMs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    const input = await prepareInput({
      channel: { name: 'train', uri: 's3://data/train/', inputMode: 'File' },
      host: { index: 0, count: 1 },
      target: '/opt/ml/input/data/train',
      directory: join(directory, 'job/train'),
      mounts: true,
      stores: { store: () => store },
    });
    ownMs.push(performance.now() - started);
    if (input.bytes !== gibibytes * 2 ** 30 || input.mounts.length !== 1)
      throw new Error('not what was expected');
  }
  const started = performance.now();
  execFileSync('cp', ['-r', source, join(directory, 'copy')]);
  const otherMs = [performance.now() - started];
  const work = `File, embedded store, ${gibibytes} GiB`;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  report({ work, ownMs, otherMs, other: 'cp -r', atLeast: 50, peakBytes });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
