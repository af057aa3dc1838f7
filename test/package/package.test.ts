import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { oldNode } from '../harness/old-node.ts';
import { type ProgramResult, startProgram, temporaryDirectories } from '../harness/sluice.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const temporaryDirectory = temporaryDirectories();

async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  return (await runWith({}, cwd, file, ...args)).stdout;
}

async function runWith(
  environment: Readonly<Record<string, string>>,
  cwd: string,
  file: string,
  ...args: string[]
): Promise<ProgramResult> {
  const options = { cwd, home: join(cwd, 'home'), environment };
  const result = await startProgram(file, args, options).ended;
  const { code, stdout, stderr } = result;
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return result;
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

/** The packed file, installed in a project whose package.json says nothing. */
async function installedProject(directory: string): Promise<string> {
  await run(root, 'npm', 'pack', '--silent', '--pack-destination', directory);
  const archive = (await readdir(directory)).find((name) => name.endsWith('.tgz')) as string;
  const project = join(directory, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{}');
  await run(project, 'npm', 'install', '--no-audit', '--no-fund', '--silent', join(directory, archive));
  return project;
}

test('npm pack gives a package that installs and runs in an empty directory, with its types, also where the Node is 20', {
  timeout: 900_000,
}, async () => {
  const project = await installedProject(await temporaryDirectory());
  const sluice = join(project, 'node_modules/.bin/sluice');
  await writeFile(join(project, 'pipeline.ts'), pipeline);
  await writeFile(join(project, 'count.ts'), script);
  await writeFile(join(project, 'words.txt'), 'one\ntwo\nthree\n');
  const { stdout, stderr } = await runWith({}, project, sluice, 'run', 'pipeline.ts', '--json');
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({
    phase: 'Succeeded',
    outputs: { twice: { lines: 6 } },
  });
  expect(stderr, 'a package.json without a type is no matter for a warning').not.toContain('Module type');

  const old = { PATH: await oldNode(20), NVM_DIR: project };
  const refused = await startProgram(sluice, ['--version'], { cwd: project, environment: old }).ended;
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^sluice needs Node\.js 24 or newer, and this is v20\..*npm install node@24.*\n$/,
  );

  // What that line brings: the npm package `node`, whose program lies here.
  await mkdir(join(project, 'node_modules/node/bin'), { recursive: true });
  await symlink(process.execPath, join(project, 'node_modules/node/bin/node'));
  const version = await runWith(old, project, sluice, '--version');
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const usage = await startProgram(sluice, ['jobs', 'lsx'], { cwd: project, environment: old }).ended;
  expect(usage.code, 'the exit code is that of the program').toBe(2);

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

test('the launcher parses on Node 12 and says what to do', { timeout: 900_000 }, async () => {
  const directory = await temporaryDirectory();
  await cp(join(root, 'bin'), join(directory, 'bin'), { recursive: true });
  const node = join(await oldNode(12), 'node');
  const environment = { PATH: directory, NVM_DIR: directory };
  const { code, stderr } = await startProgram(node, [join(directory, 'bin/sluice.cjs')], {
    cwd: directory,
    environment,
  }).ended;
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(stderr).toContain('sluice needs Node.js 24 or newer, and this is v12.');
});
