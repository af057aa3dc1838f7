// Needs: bubblewrap, python
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, lastJson, writeFiles } from '../harness/pipelines.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const files = {
  'data/numbers.csv': '1,2\n3,4\n',
  'train.ts': `
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
console.log('files', readdirSync(process.env['SM_CHANNEL_TRAIN'] as string).join());
console.log('epochs', process.env['SM_HP_EPOCHS'], process.argv.slice(2).join(), process.env['GREETING']);
console.log('loss: 0.25');
writeFileSync(join(process.env['SM_MODEL_DIR'] as string, 'model.json'), '{"factor": 10}');
`,
  'train.py': `
import json, os
with open(os.environ["SM_INPUT_CONFIG_DIR"] + "/hyperparameters.json") as file:
    print("python", json.load(file)["epochs"])
with open(os.environ["SM_MODEL_DIR"] + "/model.json", "w") as file:
    file.write("{}")
`,
  'train.sh': '#!/bin/sh\necho "shell in $SM_CURRENT_HOST"\necho made > "$SM_MODEL_DIR/model.txt"\n',
  'failing.ts': `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
console.error('about to fail');
writeFileSync(join(process.env['SM_OUTPUT_DIR'] as string, 'failure'), 'the data is odd');
process.exit(7);
`,
  'split.ts': `
import { cpSync, writeFileSync } from 'node:fs';
const [input, train, test] = process.argv.slice(2) as [string, string, string];
cpSync(input, train, { recursive: true });
writeFileSync(test + '/deep.txt', 'x');
`,
  'inference.ts': `
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
export function modelFn(directory: string) {
  return JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
}
export function predictFn(rows: number[][], { factor }: { factor: number }) {
  return rows.map((row) => [row.reduce((total, value) => total + value, 0) * factor]);
}
`,
  'endless.ts': `console.log('ready'); setInterval(() => undefined, 1000);`,
};

async function project(): Promise<{ cwd: string; home: string }> {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  await chmod(join(cwd, 'train.sh'), 0o755);
  return { cwd, home: join(cwd, 'home') };
}

test.each(['sandbox', 'process'])(
  'train runs a script under the %s executor, shows its log and metrics, and copies its model',
  async (executor) => {
    const where = await project();
    const args = [
      '--script',
      'train.ts',
      '--channel',
      'train=data',
      '--hyperparameter',
      'epochs=3',
      '--env',
      'GREETING=hello',
    ];
    const { code, stdout, stderr } = await sluice(
      [
        'train',
        ...args,
        '--argument=--fast',
        '--metric',
        'loss=loss: ([0-9.]+)',
        '--output',
        'out',
        '--executor',
        executor,
      ],
      where,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('│ files numbers.csv');
    expect(stdout).toContain('│ epochs 3 --epochs,3,--fast hello');
    expect(stdout).toMatch(/^ {2}loss +0\.25$/m);
    expect(stdout).toMatch(/^Completed in \d/m);
    expect(await readdir(join(where.cwd, 'out'))).toEqual(['model.tar.gz']);
  },
);

test('a script may be Python or any program', async () => {
  const where = await project();
  const python = await sluice(['train', '--script', 'train.py', '--hyperparameter', 'epochs=5'], where);
  expect(python).toMatchObject({ code: 0, stderr: '' });
  expect(python.stdout).toContain('│ python 5');
  const shell = await sluice(['train', '--script', 'train.sh'], where);
  expect(shell).toMatchObject({ code: 0, stderr: '' });
  expect(shell.stdout).toContain('│ shell in algo-1');
});

test('process hands each input over and copies each output into a directory of its own', async () => {
  const where = await project();
  const paths = ['input/raw', 'output/train', 'output/test'].map(
    (path) => `--argument=/opt/ml/processing/${path}`,
  );
  const { code, stderr } = await sluice(
    [
      'process',
      '--script',
      'split.ts',
      '--channel',
      'raw=data',
      '--output-name',
      'train',
      '--output-name',
      'test',
      ...paths,
      '--output',
      'out',
    ],
    where,
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect((await readdir(join(where.cwd, 'out'), { recursive: true })).toSorted()).toEqual([
    'test',
    'test/deep.txt',
    'train',
    'train/numbers.csv',
  ]);
});

test.each([
  ['data/numbers.csv', 'a file has that name'],
  ['data/numbers.csv/below', 'a part of the path is a file'],
])('an output that cannot be made is refused before the job: %s', async (output, reason) => {
  const where = await project();
  const { code, stderr } = await sluice(['train', '--script', 'train.ts', '--output', output], where);
  expect(stderr).toContain(`--output: the directory '${join(where.cwd, output)}' cannot be made: ${reason}.`);
  expect(code).toBe(2);
  expect((await sluice(['jobs', 'ls', '--json'], where)).stdout).toBe('{"jobs":[]}\n');
});

test('transform serves a model that train has made', async () => {
  const where = await project();
  await sluice(['train', '--script', 'train.ts', '--channel', 'train=data', '--output', 'out'], where);
  const { code, stderr } = await sluice(
    [
      'transform',
      '--script',
      'inference.ts',
      '--model',
      'out/model.tar.gz',
      '--input',
      'data/numbers.csv',
      '--content-type',
      'text/csv',
      '--accept',
      'text/csv',
      '--split-type',
      'Line',
      '--assemble-with',
      'Line',
      '--output',
      'predictions',
    ],
    where,
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(await readFile(join(where.cwd, 'predictions/numbers.csv.out'), 'utf8')).toBe('30\n70\n');
});

test('a model that cannot be loaded fails the job at once, and its log says why', async () => {
  const where = await project();
  await writeFiles(where.cwd, { 'broken.ts': "throw new Error('no model today');" });
  await sluice(['train', '--script', 'train.ts', '--channel', 'train=data', '--output', 'out'], where);
  const args = [
    'transform',
    '--script',
    'broken.ts',
    '--model',
    'out/model.tar.gz',
    '--input',
    'data/numbers.csv',
  ];
  const { code, stdout, stderr } = await sluice(args, where);
  expect(code).toBe(1);
  expect(stdout).toContain('no model today');
  expect(stderr).toContain('JobFailed');
});

test('a failure file becomes the reason, and the exit code is 1', async () => {
  const where = await project();
  const { code, stderr } = await sluice(['train', '--script', 'failing.ts'], where);
  expect(code).toBe(1);
  expect(stderr).toContain('AlgorithmError: the data is odd');
  expect(stderr).toContain('sluice jobs logs failing-');
});

const refused: [string, string[], string, number][] = [
  [
    'a channel that does not exist',
    ['--script', 'train.ts', '--channel', 'train=nowhere'],
    'nowhere does not exist',
    2,
  ],
  ['a channel without a place', ['--script', 'train.ts', '--channel', 'train='], "got ''", 2],
  [
    'a wait that is shorter than the runtime',
    ['--script', 'train.ts', '--spot', '--max-wait', '5'],
    'MaxWaitTimeInSeconds: expected at least MaxRuntimeInSeconds',
    2,
  ],
  ['an empty channel', ['--script', 'train.ts', '--channel', 'train=empty'], 'holds no data', 1],
  ['a script that is missing', ['--script', 'nothing.ts'], "--script: there is no file 'nothing.ts'", 2],
  [
    'a script outside of its source directory',
    ['--script', '../x.ts', '--source-dir', 'data'],
    'does not lie in',
    2,
  ],
  [
    'a source directory that is missing',
    ['--script', 'x.ts', '--source-dir', 'nowhere'],
    "'nowhere' is not a directory",
    2,
  ],
  [
    'a hyperparameter without a value',
    ['--script', 'train.ts', '--hyperparameter', 'epochs'],
    'Expected name=value',
    2,
  ],
  [
    'a hyperparameter given twice',
    ['--script', 'train.ts', '--hyperparameter', 'a=1', '--hyperparameter', 'a=2'],
    "'a' is given twice",
    2,
  ],
  [
    'a hyperparameter that is too long',
    ['--script', 'train.ts', '--hyperparameter', `a=${'x'.repeat(2501)}`],
    '2500',
    2,
  ],
  [
    'a metric that is no regular expression',
    ['--script', 'train.ts', '--metric', 'loss=('],
    "Regex of 'loss' does not compile",
    2,
  ],
  ['a name that is no job name', ['--script', 'train.ts', '--name', 'no_name'], 'no_name', 2],
  ['a runtime of zero', ['--script', 'train.ts', '--max-runtime', '0'], 'Expected a whole number above 0', 2],
];

test.each(refused)('train refuses %s', async (_title, args, message, expectedCode) => {
  const where = await project();
  await mkdir(join(where.cwd, 'empty'));
  const { code, stderr } = await sluice(['train', ...args], where);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(code).toBe(expectedCode);
});

test('train reads its channels through FIFOs with --input-mode Pipe', async () => {
  const where = await project();
  await writeFile(
    join(where.cwd, 'pipe.ts'),
    "import { readFileSync } from 'node:fs';\nconsole.log(`read ${readFileSync('/opt/ml/input/data/train_0').length > 0}`);\n",
  );
  const args = ['train', '--script', 'pipe.ts', '--channel', 'train=data', '--input-mode', 'Pipe'];
  const { code, stdout } = await sluice([...args, '--executor', 'sandbox'], where);
  expect(stdout).toContain('read true');
  expect(code).toBe(0);
});

test('with --json every line is an event, and the last one is the result', async () => {
  const where = await project();
  const { code, stdout } = await sluice(
    ['train', '--script', 'train.ts', '--channel', 'train=data', '--json'],
    where,
  );
  expect(code).toBe(0);
  const lines = jsonLines(stdout);
  expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['status', 'log', 'result']));
  expect(lines.at(-1)).toMatchObject({ type: 'result', phase: 'succeeded', status: 'Completed' });
});

test('jobs ls, show and logs tell of a job', async () => {
  const where = await project();
  await sluice(['train', '--script', 'train.ts', '--channel', 'train=data', '--name', 'first-job'], where);
  const listed = await sluice(['jobs', 'ls'], where);
  expect(listed.stdout).toMatch(/^Completed +training .*first-job$/m);
  const shown = await sluice(['jobs', 'show', 'first-job', '--json'], where);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    TrainingJobName: 'first-job',
    TrainingJobStatus: 'Completed',
  });
  expect((await sluice(['jobs', 'show', 'first-job'], where)).stdout).toMatch(
    /^TrainingJobStatus: Completed$/m,
  );
  const logs = await sluice(['jobs', 'logs', 'first-job'], where);
  expect(logs.stdout.split('\n')[0]).toBe('files numbers.csv');
  const stamped = await sluice(['jobs', 'logs', 'first-job', '--timestamps'], where);
  expect(stamped.stdout).toMatch(/^\d{4}-\d\d-\d\dT\S+Z files numbers\.csv$/m);
  const events = await sluice(['jobs', 'logs', 'first-job', '--json'], where);
  expect(jsonLines(events.stdout)[0]).toMatchObject({ stream: 'algo-1', message: 'files numbers.csv' });
  const taken = await sluice(
    ['train', '--script', 'train.ts', '--channel', 'train=data', '--name', 'first-job'],
    where,
  );
  expect(taken.code).toBe(1);
  expect(taken.stderr).toContain('JobNameTaken');
});

test.each(['show', 'logs', 'stop'])(
  'jobs %s of an unknown job is an error that says where to look',
  async (command) => {
    const where = await project();
    const { code, stderr } = await sluice(['jobs', command, 'nothing'], where);
    expect(code).toBe(1);
    expect(stderr).toContain("JobNotFound: No job is called 'nothing'.");
    expect(stderr).toContain("'sluice jobs ls'");
  },
);

test('jobs stop ends a job that another process runs, and its command exits with 1', async () => {
  const where = await project();
  const run = startSluice(['train', '--script', 'endless.ts', '--name', 'endless'], where);
  await run.printed('ready');
  const stopped = await sluice(['jobs', 'stop', 'endless'], where);
  expect(stopped).toMatchObject({ code: 0, stdout: 'endless is Stopped.\n' });
  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('JobStopped');
  expect(
    lastJson((await sluice(['jobs', 'ls', '--status', 'Stopped', '--json'], where)).stdout),
  ).toMatchObject({
    jobs: [{ name: 'endless', status: 'Stopped' }],
  });
});
