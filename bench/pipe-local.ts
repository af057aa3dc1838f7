// Pipe mode from local files against `cat` of the same files into one FIFO; the same reader (dd) on both sides, which
// alternate in one run: `node bench/pipe-local.ts [rounds] [bytes of each]`. At least 2.5× for large files (1.2× without
// koffi), 1.5× for many small ones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFiles } from './support/make-files.ts';
import { startFeeder, timeCommand } from './support/pipe-side.ts';
import { printMachine, report } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 5);
const bytesEach = Number(process.argv[3] ?? 2 ** 28);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));

try {
  printMachine();
  const large = join(directory, 'large');
  makeFiles({ directory: large, count: 8, bytesEach });
  await compare('Pipe, local, 2 GiB in 8 files', large, 'None', 2.5);
  await compare('Pipe, local, 2 GiB in 8 files, without koffi', large, 'None', 1.2, true);
  rmSync(large, { recursive: true });
  const small = join(directory, 'small');
  makeFiles({ directory: small, count: 20_000, bytesEach: 10 * 1024 });
  await compare('Pipe, local, 20,000 files of 10 KiB', small, 'None', 1.5);
  await compare('Pipe, local, 20,000 files of 10 KiB as RecordIO', small, 'RecordIO', 1.5);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function compare(
  work: string,
  source: string,
  recordWrapper: 'None' | 'RecordIO',
  atLeast: number,
  withoutNative = false,
): Promise<void> {
  const channel = { name: 'train', uri: `file://${source}`, inputMode: 'Pipe', recordWrapper } as const;
  const feeder = await startFeeder({ channel, directory: join(directory, 'train'), withoutNative });
  const ownMs: number[] = [];
  const otherMs: number[] = [];
  // The first round warms the page cache and the code of both.
  for (let round = -1; round < rounds; round++) {
    const cat = await timeCommand(
      join(directory, 'cat'),
      `find ${source} -type f -print0 | sort -z | xargs -0 -n 100000 cat`,
    );
    const own = await feeder.readEpoch();
    if (round < 0) continue;
    ownMs.push(own);
    otherMs.push(cat);
  }
  report({ work, ownMs, otherMs, other: 'cat', atLeast, peakBytes: await feeder.close() });
}
