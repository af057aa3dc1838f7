// Needs: python
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, writeFiles } from '../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const files = {
  'p.ts': `
import { task, string, trainingTask, workflow } from 'sluice';
const say = task('say', { inputs: {}, outputs: { said: string() } }, async () => {
  console.log('hello from', 'a function');
  process.stdout.write('half a ');
  await new Promise((later) => setTimeout(later, 5));
  process.stderr.write('line\\nno end');
  return { said: 'yes' };
});
const train = trainingTask('train', {
  script: 'train.ts',
  instanceType: 'ml.m5.large',
  channels: [],
  metricDefinitions: { loss: 'loss=([0-9.]+)', lost: 'los: ([0-9.]+)' },
});
export default workflow('steps', { inputs: {} }, () => {
  const { said } = say({});
  return { said, model: train({}).model };
});
`,
  'train.ts': `
import { writeFileSync } from 'node:fs';
console.log('loss=0.5');
writeFileSync('/opt/ml/model/m', '1');
`,
  'fails.py': 'def work():\n    return {}["missing"]\n\nwork()\n',
  'fails.ts': 'throw new TypeError("bad number");\n',
};

test('what functions print is shown and kept, a followed step shows its log, and a metric that found nothing is named', {
  timeout: 240_000,
}, async () => {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  const options = { cwd, home: join(cwd, 'home') };
  const run = await sluice(['run', 'p.ts', '--follow', 'train', '--json'], options);
  expect(run.code).toBe(0);
  const events = jsonLines(run.stdout);
  const logs = events.filter(({ type }) => type === 'log').map(({ node, message }) => `${node}: ${message}`);
  expect(logs).toEqual(
    expect.arrayContaining([
      'say: hello from a function',
      'say: half a line',
      'say: no end',
      'train: loss=0.5',
    ]),
  );
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'note',
      text: expect.stringContaining("train: The metric 'lost' has no value"),
    }),
  );
  const id = events.at(-1)?.['id'] as string;
  expect((await sluice(['runs', 'logs', id, 'say'], options)).stdout).toBe(
    'hello from a function\nhalf a line\nno end\n',
  );
  expect((await sluice(['runs', 'logs', id], options)).stdout).toContain('train │ loss=0.5\n');
  const unknown = await sluice(['run', 'p.ts', '--follow', 'trian'], options);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean 'train'?") });
});

test('of a progress bar there is one line, and the log keeps every step', { timeout: 300_000 }, async () => {
  const cwd = await temporaryDirectory();
  const bar = `
import sys, time
for step in range(5):
    sys.stderr.write("\\r%d%%" % (step * 25))
    sys.stderr.flush()
    time.sleep(0.01)
sys.stderr.write("\\n")
print("done")
`;
  await writeFiles(cwd, { 'bar.py': bar });
  const options = { cwd, home: join(cwd, 'home') };
  const { stdout } = await sluice(['process', '--script', 'bar.py', '--name', 'bar'], options);
  const shown = stdout.split('\n').filter((line) => line.startsWith('  │'));
  expect(shown.toSorted()).toEqual(['  │ 100%', '  │ done']);
  const logs = await sluice(['jobs', 'logs', 'bar', '--json'], options);
  const lines = jsonLines(logs.stdout).filter(({ message }) => message !== 'done');
  expect(lines.map(({ message, overwritten = false }) => [message, overwritten])).toEqual([
    ['0%', true],
    ['25%', true],
    ['50%', true],
    ['75%', true],
    ['100%', false],
  ]);
});

test.for([
  ['fails.py', "KeyError: 'missing'"],
  ['fails.ts', 'TypeError: bad number'],
] as const)(
  'the reason of the failure of %s names the exception, and the cost and the log are told',
  {
    timeout: 120_000,
  },
  async ([script, exception]) => {
    const cwd = await temporaryDirectory();
    await writeFiles(cwd, files);
    const options = { cwd, home: join(cwd, 'home') };
    const { code, stdout, stderr } = await sluice(['process', '--script', script, '--name', 'job'], options);
    expect(code).toBe(1);
    expect(stderr).toContain(`Job 'job' ended as Failed: AlgorithmError: , exit code: 1 (${exception})`);
    expect(stdout).toMatch(/on SageMaker: \$0\.\d+ on demand \(ml\.m5\.large, us-east-1, \d{4}-\d\d-\d\d\)/);
    const shown = (await sluice(['jobs', 'show', 'job'], options)).stdout;
    expect(shown).toContain('FailureReason: "AlgorithmError: , exit code: 1"\n');
    expect(shown).toMatch(
      /# Log group \/aws\/sagemaker\/ProcessingJobs\n# Log stream job\/algo-1-\d+\n# Read it: sluice jobs logs job\n$/,
    );
    await rm(join(cwd, 'home/jobs/processing/job'), { recursive: true });
    expect(await sluice(['jobs', 'logs', 'job'], options)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('LogsNotFound'),
    });
  },
);
