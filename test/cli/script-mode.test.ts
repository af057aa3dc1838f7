// Needs: python
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../harness/pipelines.ts';
import { tarGz } from '../harness/python.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const newDirectory = temporaryDirectories();

const files = {
  'data/rows.csv': '1,2\n',
  'train.py': `
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--version")
arguments, more = parser.parse_known_args()
print("got", arguments.epochs, arguments.version, more, os.environ["SM_CHANNELS"])
`,
  'inference.py': `
import json, os
def model_fn(directory):
    with open(os.path.join(directory, "model.json")) as file:
        return json.load(file)
def input_fn(body, content_type):
    return [float(word) for word in body.split(",")]
def predict_fn(numbers, model):
    return sum(numbers) * model["factor"]
def output_fn(prediction, accept):
    return json.dumps(prediction)
`,
  'pipeline.mjs': `
import { trainingTask, workflow } from 'sluice';
const first = trainingTask('first', { script: 'train.py', instanceType: 'ml.m5.large' });
const last = trainingTask('last', { script: 'lost.py', instanceType: 'ml.m5.large' });
export default workflow('flow', {}, () => { last({}, { after: [first({})] }); });
`,
  'misspelled.mjs': `
import { trainingTask } from 'sluice';
trainingTask('first', { script: 'train.py', instnaceType: 'ml.m5.large' });
`,
};

test('hyperparameters are arguments of the script, and a Python model is served as it is', async () => {
  const cwd = await newDirectory();
  await writeFiles(cwd, files);
  await writeFile(join(cwd, 'm.tar.gz'), await tarGz({ 'model.json': '{"factor": 3}' }));
  const where = { cwd, home: join(cwd, 'home') };
  const options = ['--channel', 'train=data', '--hyperparameter', 'epochs=10', '--argument=--fast'];
  const quoted = ['--hyperparameter', 'version="1.10"'];
  const trained = await sluice(['train', '--script', 'train.py', ...options, ...quoted], where);
  expect(trained).toMatchObject({ code: 0, stderr: '' });
  expect(trained.stdout).toContain(`│ got 10 1.10 ['--fast'] ["train"]`);
  const served = await sluice(
    [
      'transform',
      '--script',
      'inference.py',
      '--model',
      'm.tar.gz',
      '--input',
      'data',
      '--content-type',
      'text/csv',
      '--output',
      'out',
    ],
    where,
  );
  expect(served).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(join(cwd, 'out', 'rows.csv.out'), 'utf8')).toBe('9.0');
  const unpacked = ['transform', '--script', 'inference.py', '--model', 'data', '--input', 'data'];
  expect((await sluice(unpacked, where)).stderr, 'a directory is no archive').toContain(
    'ClientError: Expected a tar.gz archive',
  );
});

test('what cannot run is refused before anything does, with what was probably meant', async () => {
  const cwd = await newDirectory();
  await writeFiles(cwd, files);
  const where = { cwd, home: join(cwd, 'home') };
  const script = ['train', '--script', 'train.py'];
  const table: [string[], string][] = [
    [['run', 'pipeline.mjs'], `Task 'last' (${cwd}/pipeline.mjs:4): Script '${cwd}/lost.py' does not exist.`],
    [['run', 'misspelled.mjs'], "there is no option 'instnaceType'.\n→ Did you mean 'instanceType'?"],
    [
      [...script, '--instance-type', 'ml.m5.xlarg'],
      "--instance-type: 'ml.m5.xlarg' is no instance type of SageMaker. Did you mean 'ml.m5.xlarge'?",
    ],
    [
      [...script, '--framework', 'sklearnn'],
      "--framework: there is no framework 'sklearnn'. Did you mean 'sklearn'?",
    ],
    [[...script, '--metric', 'loss=('], "the Regex of 'loss' does not compile"],
    [
      ['train', '--framework', 'xgboost', '--hyperparameter', 'dpeth=6'],
      "XGBoost has no 'dpeth'. Did you mean 'max_depth'?",
    ],
    [['train'], '--script: there is nothing to run.'],
  ];
  for (const [args, message] of table) {
    const { code, stderr, stdout } = await sluice(args, where);
    // What the command line itself says wrongly has a code of its own.
    expect({ args, code, stdout }).toEqual({ args, code: args[0] === 'run' ? 1 : 2, stdout: '' });
    expect(stderr).toContain(message);
  }
});
