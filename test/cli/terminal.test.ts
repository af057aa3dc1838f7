// Needs: bubblewrap, python
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { writeFiles } from '../harness/pipelines.ts';
import { mainFile, temporaryDirectories } from '../harness/sluice.ts';
import { startOnTerminal } from '../harness/terminal.ts';

const temporaryDirectory = temporaryDirectories();

/** Saves what it has when it is asked to end, and takes its time for it. */
const saving = (place: string) => `
import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => setTimeout(() => {
  writeFileSync('${place}/saved.txt', 'saved in time');
  console.log('saved');
  process.exit(0);
}, 300));
setInterval(() => undefined, 1000);
console.log('under way');
`;

const files = {
  'data/a.txt': 'a\n',
  'train.ts': saving('/opt/ml/model'),
  'process.ts': saving('/opt/ml/processing/output/result'),
  'pipeline.ts': `
import { trainingTask, uri, workflow } from 'sluice';
const slow = trainingTask('slow', { script: 'train.ts', instanceType: 'ml.m5.large', channels: ['train'] });
export default workflow('one', { inputs: { data: uri({ default: './data' }) } }, (inputs) => ({
  model: slow({ train: inputs.data }).model,
}));
`,
  // A big model, of which most is still to be packed when Ctrl-C comes.
  'big.sh': `#!/bin/sh
head -c 60000000 /dev/urandom > /opt/ml/model/noise
echo trained
`,
  'stubborn.sh': `#!/bin/sh
trap '' TERM INT
echo under way
while true; do sleep 0.1; done
`,
  'inference.ts': `
export const modelFn = () => ({});
export const predictFn = async () => { console.log('under way'); await new Promise((done) => setTimeout(done, 600000)); };
`,
};

async function project() {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  for (const name of ['big.sh', 'stubborn.sh']) await chmod(join(cwd, name), 0o755);
  return { cwd, home: join(cwd, 'home') };
}

const start = (args: readonly string[], options: { readonly cwd: string; readonly home: string }) =>
  startOnTerminal(process.execPath, [mainFile, ...args], options);

test('Ctrl-C on a terminal lets a training job save, names what it saved and copies it', async () => {
  const { cwd, home } = await project();
  const run = start(['train', '--script', 'train.ts', '--channel', 'train=data', '--output', 'out'], {
    cwd,
    home,
  });
  await run.printed('│ under way');
  run.interrupt();
  const { code, stdout } = await run.ended;
  expect(stdout).toContain('│ saved');
  expect(stdout).toMatch(/Stopped in /);
  expect(stdout).toMatch(/model +s3:\/\/\S+model\.tar\.gz/);
  expect(code).toBe(130);
  const archive = gunzipSync(readFileSync(join(cwd, 'out', 'model.tar.gz'))).toString('latin1');
  expect(archive).toContain('saved in time');
});

test('Ctrl-C on a terminal lets a processing job save, and copies its outputs', async () => {
  const { cwd, home } = await project();
  const channel = ['--channel', 'data=data', '--output-name', 'result', '--output', 'out'];
  const run = start(['process', '--script', 'process.ts', ...channel], { cwd, home });
  await run.printed('│ under way');
  run.interrupt();
  const { code, stdout } = await run.ended;
  expect(stdout).toContain('│ saved');
  expect(code).toBe(130);
  expect(readFileSync(join(cwd, 'out', 'saved.txt'), 'utf8')).toBe('saved in time');
});

test('Ctrl-C on a terminal lets the jobs of a run save', async () => {
  const { cwd, home } = await project();
  const run = start(['run', 'pipeline.ts', '--json'], { cwd, home });
  await logged(home, 'under way');
  run.interrupt();
  const { code, stdout } = await run.ended;
  expect(stdout).toContain('"phase":"Aborted"');
  expect(code).toBe(130);
  expect(await readLogs(home)).toContain('saved');
});

test('Ctrl-C on a terminal ends a transform job', async () => {
  const { cwd, home } = await project();
  execFileSync('tar', ['czf', 'model.tar.gz', 'data'], { cwd });
  const places = ['--model', 'model.tar.gz', '--input', 'data', '--content-type', 'text/csv'];
  const run = start(['transform', '--script', 'inference.ts', ...places], { cwd, home });
  await run.printed('│ under way');
  run.interrupt();
  const { code, stdout } = await run.ended;
  expect(stdout).toMatch(/Stopped in /);
  expect(code).toBe(130);
});

test('Ctrl-C on a terminal while a model is being uploaded stops the job, not its packing half-way', async () => {
  const { cwd, home } = await project();
  const run = start(['train', '--script', 'big.sh', '--channel', 'train=data'], { cwd, home });
  await run.printed('Uploading  ');
  run.interrupt();
  const { code, stdout } = await run.ended;
  expect(stdout).toMatch(/Stopped in /);
  expect(code).toBe(130);
  const objects = await readdir(join(home, 's3'), { recursive: true });
  expect(objects.filter((name) => /\.part|\.tmp/.test(name))).toEqual([]);
});

test('a second Ctrl-C on a terminal kills a job that does not heed the first', async () => {
  const { cwd, home } = await project();
  const run = start(['train', '--script', 'stubborn.sh', '--channel', 'train=data'], { cwd, home });
  await run.printed('│ under way');
  run.interrupt();
  await run.printed('Stopping  ');
  run.interrupt();
  expect((await run.ended).code).toBe(130);
});

async function readLogs(home: string): Promise<string> {
  const names = await readdir(join(home, 'jobs'), { recursive: true }).catch(() => []);
  return names
    .filter((name) => name.endsWith('.log'))
    .map((name) => readFileSync(join(home, 'jobs', name), 'utf8'))
    .join('\n');
}

const logged = (home: string, text: string) =>
  expect.poll(() => readLogs(home), { timeout: 120_000 }).toContain(text);
