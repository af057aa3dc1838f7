// Pipe mode with CompressionType Gzip against `gzip -dc` of the same files into one FIFO; the same reader (dd) on both
// sides, which alternate in one run: `node bench/pipe-gunzip.ts [rounds] [bytes of each]`. At least 3.5×.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFeeder, timeCommand } from './support/pipe-side.ts';
import { printMachine, report } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 3);
const inflatedBytes = Number(process.argv[3] ?? 2 ** 28);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const source = join(directory, 'source');

try {
  printMachine();
  await makeGzipFiles();
  const channel = { name: 'train', uri: `file://${source}`, inputMode: 'Pipe', compression: 'Gzip' } as const;
  const feeder = await startFeeder({ channel, directory: join(directory, 'train') });
  const ownMs: number[] = [];
  const otherMs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const gzip = await timeCommand(join(directory, 'gzip'), `gzip -dc ${source}/*`);
    const own = await feeder.readEpoch();
    if (round < 0) continue;
    ownMs.push(own);
    otherMs.push(gzip);
  }
  const work = `Pipe with gunzip, 8 files, ${((8 * inflatedBytes) / 2 ** 30).toFixed(1)} GiB inflated`;
  report({ work, ownMs, otherMs, other: 'gzip -dc', atLeast: 3.5, peakBytes: await feeder.close() });
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/**
 * Rows as training data has them: numbers and a few words, in CSV. Compresses to about a third. Two files are made, the
 * others are copies of them: nothing looks at what another file holds, and making them takes long.
 */
async function makeGzipFiles(): Promise<void> {
  mkdirSync(source);
  const rows = csvRows();
  await Promise.all(
    [0, 1].map(async (index) => {
      const content = Buffer.alloc(inflatedBytes, rows.subarray(index * 1000));
      const gzip = spawn('gzip', ['-6'], { stdio: ['pipe', openSync(fileOf(index), 'w'), 'inherit'] });
      gzip.stdin?.end(content);
      const [status] = await once(gzip, 'exit');
      if (status !== 0) throw new Error('gzip failed');
    }),
  );
  for (let index = 2; index < 8; index++) copyFileSync(fileOf(index % 2), fileOf(index));
  execFileSync('sync');
}

function fileOf(index: number): string {
  return join(source, `${index}.csv.gz`);
}

function csvRows(): Buffer {
  const words = ['red', 'green', 'blue', 'none'];
  const rows = Array.from({ length: 400_000 }, (_, index) =>
    [
      index,
      (Math.random() * 4 - 2).toFixed(4),
      Math.random().toFixed(3),
      words[Math.floor(Math.random() * 4)],
      (Math.random() * 100).toFixed(2),
      index % 2,
    ].join(','),
  );
  return Buffer.from(rows.join('\n'));
}
