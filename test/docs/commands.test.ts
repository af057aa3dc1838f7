// Needs: python
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { commandLines, docPages, fencedBlocks } from '../harness/doc-commands.ts';
import { writeFiles } from '../harness/pipelines.ts';
import { mainFile, startProgram, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

/** Lines that cannot be run as they stand, and why. */
const notRun: readonly (readonly [RegExp, string])[] = [
  [/^git clone /, 'needs the place of the repository'],
  [/^npm run demo$/, 'test/cli/demo.test.ts runs it'],
  [/^(npm pack|mkdir first|npm pkg|npm install) ?/, 'test/package packs and installs'],
  [/^npm run image/, 'npm run test:image builds it'],
  [/^(podman|docker) /, 'npm run test:image builds the image and runs it'],
  [/^sluice deploy /, 'needs a cluster: test/cli/deploy.test.ts'],
  [/^sluice serve/, 'does not end: test/cli/serve.test.ts'],
  [
    /^(sluice s3 cp credit_scoring.csv|python -c "import sluice, batch_prediction_pipeline) ?/,
    'needs the data set and what its steps install',
  ],
  [/^sluice flyte (register|run|show|watch|logs|abort) /, 'needs FlyteAdmin: test/cli/flyte.test.ts'],
  [/^kubectl .* create secret /, 'needs a cluster'],
  [/^(cd examples|pyflyte run --remote) ?/, 'needs Flyte: test/flyte/judged'],
  [/^sluice connector/, 'does not end: test/cli/connector.test.ts'],
  [/^(export|aws|eval|source|curl) /, 'needs the server: test/clients and test/cli/serve.test.ts'],
  [/^sluice remote /, 'needs Python with the package: test/python/remote-scripts.test.ts'],
  [/^(python|python3\.11|pip) /, 'needs the package, or its original: python/tests/remote, test/clients'],
  [/^sluice pipe /, 'waits for readers: test/cli/pipe.test.ts'],
  [/^sluice prices refresh/, 'needs AWS: test/cli/prices.test.ts'],
  [/^sluice endpoints /, 'needs the server: test/cli/endpoints.test.ts'],
];

/** The list of commands at the head of the page: words to choose from, not lines to run. */
const SYNOPSIS =
  /^sluice (?:[a-z0-9]+(?: [a-z]+)?)?(?: \| [a-z]+)*$|^sluice (?:run|plan|compile) FILE|^sluice prices \[/;

const train = {
  'train.py': `
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument('--epochs', type=int, default=5)
print('epochs', parser.parse_args().epochs, 'loss: 0.5')
open(os.path.join(os.environ['SM_MODEL_DIR'], 'model.txt'), 'w').write('1')
`,
  'train.ts': `
import { writeFileSync } from 'node:fs';
console.log('loss: 0.5 loss=0.5');
writeFileSync('/opt/ml/model/model.txt', '1');
`,
  'data/part.csv': '1\n2\n',
};

const files: Readonly<Record<string, string>> = {
  ...train,
  'split.py': `
import os
for name in ('train', 'test'):
    open(os.path.join('/opt/ml/processing/output', name, 'part.csv'), 'w').write('1')
`,
  'split.ts': `
import { writeFileSync } from 'node:fs';
writeFileSync('/opt/ml/processing/output/train/part.csv', '1');
`,
  'inference.ts':
    'export const modelFn = () => 1;\nexport const predictFn = (records: unknown[]) => records.map(() => 1);\n',
  'inference.py': `
def model_fn(directory):
    return 1
def input_fn(body, content_type):
    return body
def predict_fn(data, model):
    return 'yes'
def output_fn(prediction, accept):
    return prediction
`,
  'test/one.csv': '1\n2\n',
  'data.csv': '1\n',
  'config.json': '{"a": 1}',
  'pipeline.ts': `
import { integer, json, task, uri, workflow } from 'sluice';
const see = task('see', { inputs: { epochs: integer() }, outputs: { seen: integer() } }, async ({ epochs }) => ({ seen: epochs }));
export default workflow(
  'diagnosis',
  {
    inputs: {
      data: uri({ default: './data.csv' }),
      epochs: integer({ default: 1 }),
      config: json({ default: {} }),
    },
  },
  (inputs) => ({ seen: see({ epochs: inputs.epochs }).seen }),
);
`,
};

/** A directory in which the lines of a page can be run, with \`sluice\` and \`npx\` on its PATH. */
async function prepare(page: string) {
  const cwd = await temporaryDirectory();
  await writeFiles(cwd, files);
  const own = fencedBlocks(page).find(({ lines }) =>
    lines.some((line) => line.startsWith('export default workflow(')),
  );
  if (own && page.endsWith('getting-started.md'))
    await writeFile(join(cwd, 'pipeline.ts'), own.lines.join('\n'));
  if (page.endsWith('/configuration.md'))
    await writeFile(join(cwd, 'plugins.yaml'), 'plugins: { sagemaker: { region: us-east-1 } }\n');
  const bin = join(cwd, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'sluice'), `#!/bin/sh\nexec '${process.execPath}' '${mainFile}' "$@"\n`);
  await writeFile(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n');
  for (const name of ['sluice', 'npx']) await chmod(join(bin, name), 0o755);
  const environment = { PATH: `${bin}:${process.env['PATH']}` };
  const shell = (line: string) =>
    startProgram('bash', ['-c', line], { cwd, home: join(cwd, 'home'), environment }).ended;
  return { cwd, shell };
}

test.for(docPages().map((page) => [page] as const))(
  'every command line of %s runs',
  {
    timeout: 600_000,
  },
  async ([page]) => {
    const lines = commandLines(page).filter(
      (line) => !SYNOPSIS.test(line.replace(/^npx /, '')) || page !== 'docs/command-line.md',
    );
    const toRun = lines.filter(
      (line) => !notRun.some(([pattern]) => pattern.test(line.replace(/^npx /, ''))),
    );
    if (toRun.length === 0) return;
    const { cwd, shell } = await prepare(page);
    await shell('sluice train --script train.ts --name named --output out');
    for (const line of toRun) {
      const complete = line.replace('NAME', 'named').replace('/path/to/other/data', join(cwd, 'data'));
      const { code, stderr } = await shell(complete);
      expect({ line, code, stderr: code === 0 ? '' : stderr }).toEqual({ line, code: 0, stderr: '' });
    }
  },
);

test('the list of commands on their page is the list that there is', () => {
  const synopsis = fencedBlocks('docs/command-line.md')[0];
  const named = (synopsis?.lines ?? []).flatMap((line) => {
    const [, first = '', rest = ''] = /^sluice ([a-z0-9]+)(.*)$/.exec(line) ?? [];
    const words =
      rest
        .trimStart()
        .split(/\s{2,}/)[0]
        ?.split(' | ') ?? [];
    const below = words.map((word) => `${first} ${word.slice(1, -1)}`);
    if (first in commands) return [first, ...[...words, ...below].filter((word) => word in commands)];
    return words.map((word) => `${first} ${word}`);
  });
  expect([...named].sort()).toEqual(Object.keys(commands).sort());
});
