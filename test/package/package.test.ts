import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startProgram, temporaryDirectories } from '../harness/sluice.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporaryDirectory = temporaryDirectories();

async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await startProgram(file, args, { cwd, home: join(cwd, 'home') }).ended;
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

const pipeline = `
import { json, processingTask, task, uri, workflow } from 'sluice';

interface Count {
  lines: number;
}

const count = processingTask('count', {
  script: 'count.ts',
  instanceType: 'ml.m5.large',
  inputs: ['text'],
  outputs: ['result'],
  arguments: ['/opt/ml/processing/input/text/words.txt', '/opt/ml/processing/output/result/count.json'],
  propertyFiles: { count: json<Count>({ outputName: 'result', path: 'count.json' }) },
});

const double = task(
  'double',
  { inputs: { count: json<Count>() }, outputs: { twice: json<Count>() } },
  async ({ count }) => ({ twice: { lines: count.lines * 2 } }),
);

export default workflow('words', { inputs: { text: uri({ default: './words.txt' }) } }, (inputs) => ({
  twice: double({ count: count({ text: inputs.text }).count }).twice,
}));
`;

const script = `
import { readFileSync, writeFileSync } from 'node:fs';

const [input, output] = process.argv.slice(2) as [string, string];
const lines: number = readFileSync(input, 'utf8').trim().split('\\n').length;
writeFileSync(output, JSON.stringify({ lines }));
`;

test('npm pack gives a package that installs and runs in an empty directory, with its types', {
  timeout: 300_000,
}, async () => {
  const directory = await temporaryDirectory();
  await run(root, 'npm', 'pack', '--silent', '--pack-destination', directory);
  const archive = (await readdir(directory)).find((name) => name.endsWith('.tgz')) as string;
  const project = join(directory, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await run(project, 'npm', 'install', '--no-audit', '--no-fund', '--silent', join(directory, archive));

  await writeFile(join(project, 'pipeline.ts'), pipeline);
  await writeFile(join(project, 'count.ts'), script);
  await writeFile(join(project, 'words.txt'), 'one\ntwo\nthree\n');
  const lines = (
    await run(project, join(project, 'node_modules/.bin/sluice'), 'run', 'pipeline.ts', '--json')
  )
    .trim()
    .split('\n');
  expect(JSON.parse(lines.at(-1) as string)).toMatchObject({
    phase: 'Succeeded',
    outputs: { twice: { lines: 6 } },
  });

  const options = {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      types: [],
      skipLibCheck: true,
    },
    files: ['pipeline.ts'],
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(options));
  await run(project, join(root, 'node_modules/.bin/tsc'), '-p', project);
});
