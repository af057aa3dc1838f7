// Needs: bubblewrap
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lastJson, writeFiles } from '../harness/pipelines.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const files = {
  'data/a.txt': 'a\n',
  // Writes a model, starts a child of its own, and waits until it is asked to end.
  'polite.ts': `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
spawn('sleep', ['1000'], { stdio: 'ignore' });
writeFileSync(join(process.env['SM_MODEL_DIR'] as string, 'model.txt'), 'half');
process.on('SIGTERM', () => {
  console.log('asked to end');
  process.exit(0);
});
setInterval(() => undefined, 1000);
console.log('ready');
`,
  // Ignores SIGTERM, and so do its children.
  'stubborn.sh': `#!/bin/sh
trap '' TERM
sleep 1000 &
echo ready
while true; do sleep 1; done
`,
  'pipeline.ts': `
import { processingTask, trainingTask, uri, workflow } from 'sluice';
const quick = processingTask('quick', { script: 'quick.ts', instanceType: 'ml.m5.large', inputs: ['data'], outputs: ['copy'] });
const slow = trainingTask('slow', { script: 'slow.ts', instanceType: 'ml.m5.large', channels: ['train'], checkpoint: {} });
export default workflow('two', { inputs: { data: uri({ default: './data' }) } }, (inputs) => ({
  model: slow({ train: quick({ data: inputs.data }).copy }).model,
}));
`,
  'quick.ts': `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
const output = process.env['OUTPUT'] ?? '/opt/ml/processing/output/copy';
writeFileSync(join(output, 'copy.txt'), 'x');
`,
  'slow.ts': `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
writeFileSync('/opt/ml/checkpoints/step', '1');
writeFileSync(join(process.env['SM_MODEL_DIR'] as string, 'model.txt'), 'half');
console.log('ready');
await new Promise((done) => setTimeout(done, 3000));
writeFileSync(join(process.env['SM_MODEL_DIR'] as string, 'model.txt'), 'whole');
`,
};

async function project(): Promise<{ cwd: string; home: string }> {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  await chmod(join(cwd, 'stubborn.sh'), 0o755);
  return { cwd, home: join(cwd, 'home') };
}

/** Processes, other than this one, whose command line or environment names a directory. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(directory) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory)
        ? [command]
        : [];
    } catch {
      return [];
    }
  });
}

/** Resolves once a job of the home has printed the text: its process is then under way. */
async function logged(home: string, text: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const names = await readdir(join(home, 'jobs'), { recursive: true }).catch(() => []);
    const logs = names
      .filter((name) => name.endsWith('.log'))
      .map((name) => readFileSync(join(home, 'jobs', name), 'utf8'));
    if (logs.some((log) => log.includes(text))) return;
    await sleep(50);
  }
  throw new Error(`No job printed '${text}'.`);
}

/** Files of the embedded store that are not whole objects under their final names. */
async function objectsOf(home: string): Promise<string[]> {
  const names = await readdir(join(home, 's3'), { recursive: true, withFileTypes: true }).catch(() => []);
  return names.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test.each(['sandbox', 'process'])(
  'Ctrl-C stops a job under the %s executor and leaves no process behind',
  async (executor) => {
    const { cwd, home } = await project();
    const run = startSluice(
      ['train', '--script', 'polite.ts', '--channel', 'train=data', '--executor', executor],
      { cwd, home },
    );
    await run.printed('ready');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Stopping: SIGTERM now, SIGKILL after 120 s');
    expect(stdout).toContain('asked to end');
    expect(stdout).toMatch(/^Stopped in /m);
    expect(processesIn(cwd)).toEqual([]);
    expect(lastJson((await sluice(['jobs', 'ls', '--json'], { home })).stdout)).toMatchObject({
      jobs: [{ status: 'Stopped' }],
    });
  },
);

test.each(['sandbox', 'process'])(
  'a second Ctrl-C kills a job that ignores SIGTERM under the %s executor',
  async (executor) => {
    const { cwd, home } = await project();
    const run = startSluice(
      ['train', '--script', 'stubborn.sh', '--channel', 'train=data', '--executor', executor],
      { cwd, home },
    );
    await run.printed('ready');
    run.child.kill('SIGINT');
    await run.printed('Stopping  ');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(processesIn(cwd)).toEqual([]);
  },
);

test('a third Ctrl-C ends Sluice, though nothing can be written, and the next command says what became of the job', async () => {
  const { cwd, home } = await project();
  const run = startSluice(['train', '--script', 'polite.ts', '--channel', 'train=data'], { cwd, home });
  await run.printed('ready');
  const other = new DatabaseSync(join(home, 'sluice.db'), { timeout: 60_000 });
  other.exec('BEGIN IMMEDIATE');
  const asking = setInterval(() => run.child.kill('SIGINT'), 500);
  const { code } = await run.ended;
  clearInterval(asking);
  other.close();
  expect(code).toBe(130);
  expect(lastJson((await sluice(['jobs', 'ls', '--json'], { home })).stdout)).toMatchObject({
    jobs: [{ status: 'Failed' }],
  });
  expect(processesIn(cwd)).toEqual([]);
});

test('SIGTERM ends a run as Ctrl-C does, with its own exit code, and what its step has saved is named', async () => {
  const { cwd, home } = await project();
  const run = startSluice(['run', 'pipeline.ts', '--json'], { cwd, home });
  await logged(home, 'ready');
  run.child.kill('SIGTERM');
  const { code, stdout } = await run.ended;
  expect(code).toBe(143);
  const result = lastJson(stdout) as { id: string; nodes: { id: string; saved?: Record<string, string> }[] };
  expect(result).toMatchObject({ type: 'result', phase: 'Aborted' });
  const { saved = {} } = result.nodes.find((node) => node.id === 'slow') ?? {};
  expect(Object.keys(saved)).toEqual(['checkpoint', 'model']);
  const shown = await sluice(['runs', 'show', result.id], { home });
  expect(shown.stdout).toMatch(/^ {2}slow\.checkpoint +\S*checkpoints$/m);
  expect(shown.stdout).toMatch(/^ {2}slow\.model +\S*model\.tar\.gz$/m);
  expect(processesIn(cwd)).toEqual([]);
});

test('after kill -9 the run is shown as crashed, nothing half-written is visible, and resume finishes it', async () => {
  const { cwd, home } = await project();
  const run = startSluice(['run', 'pipeline.ts', '--json'], { cwd, home });
  await logged(home, 'ready');
  run.child.kill('SIGKILL');
  await run.ended;

  const { runs } = lastJson((await sluice(['runs', 'ls', '--json'], { home })).stdout) as {
    runs: { id: string; phase: string }[];
  };
  expect(runs).toMatchObject([{ phase: 'Crashed' }]);
  expect(await objectsOf(home)).not.toContain('model.tar.gz');

  const { id } = runs[0] as { id: string };
  const resumed = await sluice(['runs', 'resume', id, '--json'], { cwd, home });
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).not.toContain('"id":"quick","phase":"Running"');
  expect(lastJson(resumed.stdout)).toMatchObject({ phase: 'Succeeded' });
  expect(await objectsOf(home)).toContain('model.tar.gz');
  expect(processesIn(cwd)).toEqual([]);
});
