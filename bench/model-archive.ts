// model.tar.gz of 1 GiB of weights against `tar -cz`; both write a file on the same disk and alternate in one run:
// `node bench/model-archive.ts [MiB] [rounds]`. At least 1.0×.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uploadArchive } from '../src/channels/index.ts';
import { createDirectoryStore } from '../src/objects/directory/create-directory-store.ts';
import { printMachine, report } from './support/report.ts';

const mebibytes = Number(process.argv[2] ?? 1024);
const rounds = Number(process.argv[3] ?? 1);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const model = join(directory, 'model');
const store = createDirectoryStore(join(directory, 's3'));

try {
  printMachine();
  makeWeights();
  await store.createBucket('models');
  const ownMs: number[] = [];
  const otherMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    otherMs.push(
      await time(() => execFileSync('tar', ['-cz', '-C', model, '-f', join(directory, 'tar.tar.gz'), '.'])),
    );
    ownMs.push(
      await time(() =>
        uploadArchive({ directory: model, uri: 's3://models/model.tar.gz', stores: { store: () => store } }),
      ),
    );
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const work = `model.tar.gz of ${mebibytes} MiB of weights`;
  report({ work, ownMs, otherMs, other: 'tar -cz', atLeast: 1, peakBytes });
  const sizes = [join(directory, 's3/models/model.tar.gz'), join(directory, 'tar.tar.gz')].map(
    (path) => statSync(path).size,
  );
  console.log(`  sizes: ${sizes.map((size) => `${(size / 2 ** 20).toFixed(1)} MiB`).join(' and ')}`);
  execFileSync('tar', ['-tzf', join(directory, 's3/models/model.tar.gz')]);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** 32-bit floats around zero, as trained weights are: they hardly compress. */
function makeWeights(): void {
  mkdirSync(model);
  const weights = new Float32Array(2 ** 22);
  for (let part = 0; part < mebibytes / 16; part++) {
    for (let index = 0; index < weights.length; index++) {
      weights[index] = (Math.random() + Math.random() + Math.random() - 1.5) * 0.1;
    }
    writeFileSync(join(model, `layer-${part}.bin`), new Uint8Array(weights.buffer));
  }
}

async function time(action: () => unknown): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}
