// FastFile from a local directory, inside a sandboxed job, against the bare file: random reads of 128 KiB by the same
// script, alternately: `node bench/fast-file.ts [rounds]`. At least 0.95×.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareInput } from '../src/channels/index.ts';
import { createSandboxExecutor } from '../src/executors/index.ts';
import { makeFiles } from './support/make-files.ts';
import { printMachine, report } from './support/report.ts';

const rounds = Number(process.argv[2] ?? 7);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const mlDirectory = join(directory, 'ml');
const reader = `
import { openSync, readSync } from 'node:fs';
const file = openSync(process.argv[2], 'r');
const buffer = Buffer.alloc(131072);
let seed = 1;
let total = 0;
const started = performance.now();
for (let read = 0; read < 20000; read++) {
  seed = (seed * 48271) % 2147483647;
  total += readSync(file, buffer, 0, 131072, (seed % 4000) * 131072);
}
if (total !== 20000 * 131072) throw new Error('short reads');
console.log(performance.now() - started);
`;

try {
  printMachine();
  const source = join(directory, 'data');
  makeFiles({ directory: source, count: 1, bytesEach: 2 ** 29 });
  mkdirSync(join(mlDirectory, 'code'), { recursive: true });
  mkdirSync(join(mlDirectory, 'input/data'), { recursive: true });
  writeFileSync(join(mlDirectory, 'code/read.mjs'), reader);
  const ownMs: number[] = [];
  const otherMs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const other = timeBare(join(source, '000/0000000'));
    const own = await timeJob(source);
    if (round < 0) continue;
    ownMs.push(own);
    otherMs.push(other);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  report({
    work: 'FastFile, local, 20,000 random reads of 128 KiB',
    ownMs,
    otherMs,
    other: 'the bare file',
    atLeast: 0.95,
    peakBytes,
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function timeBare(file: string): number {
  const script = join(mlDirectory, 'code/read.mjs');
  return Number(execFileSync(process.execPath, [script, file], { encoding: 'utf8' }));
}

async function timeJob(source: string): Promise<number> {
  const input = await prepareInput({
    channel: { name: 'train', uri: `file://${source}`, inputMode: 'FastFile' },
    host: { index: 0, count: 1 },
    target: '/opt/ml/input/data/train',
    directory: join(mlDirectory, 'input/data/train'),
    mounts: true,
    stores: {
      store: () => {
        throw new Error('This channel is local.');
      },
    },
  });
  let output = '';
  const execution = await createSandboxExecutor().start({
    mlDirectory,
    command: ['node', '/opt/ml/code/read.mjs', '/opt/ml/input/data/train/000/0000000'],
    environment: {},
    mounts: input.mounts,
    hostname: 'algo-1',
    hosts: ['algo-1'],
    onOutput: (_stream, chunk) => {
      output += chunk.toString();
    },
  });
  const { exitCode } = await execution.ended;
  await input.close();
  if (exitCode !== 0) throw new Error(output);
  return Number(output);
}
