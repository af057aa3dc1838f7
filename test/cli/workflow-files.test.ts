import { expect, test } from 'vitest';
import { twoSteps, writeFiles } from '../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

const workflowOf = (name: string) =>
  `workflow('${name}', { inputs: { epochs: integer({ default: 1 }), title: string() } }, () => ({}))`;
const imports = `import { integer, processingTask, string, trainingTask, workflow } from 'sluice';\n`;

interface Case {
  readonly title: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
}

const cases: Case[] = [
  {
    title: 'a file that does not exist',
    code: 1,
    says: ['WorkflowFileInvalid', "There is no file 'pipeline.ts'."],
  },
  {
    title: 'a directory',
    files: { 'pipeline.ts/x': '' },
    code: 1,
    says: ['WorkflowFileInvalid', "'pipeline.ts' is a directory"],
  },
  {
    title: 'a syntax error in TypeScript, with the line',
    files: { 'pipeline.ts': `${imports}const a: number = ;\n` },
    code: 1,
    says: ["'pipeline.ts' does not compile", /^ +pipeline\.ts:2$/m, 'const a: number = ;'],
  },
  {
    title: 'a syntax error that only JavaScript has, with the line',
    files: { 'pipeline.ts': `${imports}const a = 1;\nconst a = 2;\nexport {};\n` },
    code: 1,
    says: ['does not compile', /^ +pipeline\.ts:3$/m, "Identifier 'a' has already been declared"],
  },
  {
    title: 'a syntax error in a file that it imports, with that file and line',
    files: { 'pipeline.ts': `import './helper.ts';\n`, 'helper.ts': 'export const x: = 1;\n' },
    code: 1,
    says: ['does not compile', /^ +helper\.ts:1$/m],
  },
  {
    title: 'TypeScript that cannot be erased',
    files: { 'pipeline.ts': 'enum A { B }\n' },
    code: 1,
    says: ['enum is not supported', 'erasing its types'],
  },
  {
    title: 'an import of a name that is not exported',
    files: { 'pipeline.ts': `import { nonsense } from 'sluice';\nconsole.log(nonsense);\n` },
    code: 1,
    says: ['does not compile', "does not provide an export named 'nonsense'", /pipeline\.ts:1/],
  },
  {
    title: 'an import of a package that is not installed',
    files: { 'pipeline.ts': `import 'no-such-package';\n` },
    code: 1,
    says: ["could not be loaded: Cannot find package 'no-such-package'", 'install the package'],
  },
  {
    title: 'a file that throws',
    files: { 'pipeline.ts': `\nthrow new Error('boom');\n` },
    code: 1,
    says: ["'pipeline.ts' could not be loaded: boom (pipeline.ts:2)"],
  },
  {
    title: 'a file that exports no workflow',
    files: { 'pipeline.ts': 'export const answer = 42;\nexport function f() {}\n' },
    code: 1,
    says: ['WorkflowNotFound', "'pipeline.ts' exports no workflow; it exports answer, f."],
  },
  {
    title: 'a file that exports two, without a choice',
    files: {
      'pipeline.ts': `${imports}export const a = ${workflowOf('one')};\nexport const b = ${workflowOf('two')};\n`,
    },
    code: 1,
    says: ['exports 2 workflows: one, two.', 'sluice run pipeline.ts one'],
  },
  {
    title: 'a workflow that the file does not export',
    files: { 'pipeline.ts': `${imports}export const a = ${workflowOf('train')};\n` },
    args: ['pipeline.ts', 'trian'],
    code: 1,
    says: ["'pipeline.ts' exports no workflow 'trian'.", 'train'],
  },
  {
    title: 'an unknown input',
    files: { 'pipeline.ts': `${imports}export default ${workflowOf('one')};\n` },
    args: ['pipeline.ts', '--input', 'epoch=3', '--input', 'title=x'],
    code: 2,
    says: ["the workflow has no input 'epoch'.", "Did you mean 'epochs'?"],
  },
  {
    title: 'an input of the wrong type',
    files: { 'pipeline.ts': `${imports}export default ${workflowOf('one')};\n` },
    args: ['pipeline.ts', '--input', 'epochs=many', '--input', 'title=x'],
    code: 2,
    says: ["--input epochs: expected an integer, got 'many'."],
  },
  {
    title: 'an input that is missing',
    files: { 'pipeline.ts': `${imports}export default ${workflowOf('one')};\n` },
    code: 2,
    says: ['InvalidArgument', 'title'],
  },
  {
    title: 'a graph with an unknown channel',
    files: {
      'train.ts': '',
      'pipeline.ts': `${imports}
const train = trainingTask('train', { script: 'train.ts', instanceType: 'ml.m5.large', channels: ['train'] });
export default workflow('w', {}, () => ({ model: train({ tarin: 's3://b/k' } as never).model }));
`,
    },
    code: 1,
    says: ['GraphInvalid', 'tarin', 'train', /pipeline\.ts/],
  },
  {
    title: 'a script that is missing',
    files: {
      ...twoSteps,
      'pipeline.ts': twoSteps['pipeline.ts'].replace("script: 'count.ts'", "script: 'cuont.ts'"),
    },
    code: 1,
    says: ['ScriptNotFound', /cuont\.ts' does not exist/],
  },
  {
    title: 'an input channel whose path does not exist',
    files: twoSteps,
    args: ['pipeline.ts', '--input', 'text=./nowhere'],
    code: 2,
    says: [/--input text: .*nowhere does not exist/],
  },
  {
    title: 'a value that is no name=value pair',
    files: twoSteps,
    args: ['pipeline.ts', '--input', 'text'],
    code: 2,
    says: ["Expected name=value, got 'text'."],
  },
  {
    title: 'an executor that does not exist',
    files: twoSteps,
    args: ['pipeline.ts', '--executor', 'docker'],
    code: 2,
    says: ['Allowed choices are auto, sandbox, process'],
  },
];

test.each(cases)('`sluice run` with $title', async ({ files = {}, args = ['pipeline.ts'], code, says }) => {
  const directory = await temporaryDirectory();
  await writeFiles(directory, files);
  const result = await sluice(['run', ...args], { cwd: directory, home: `${directory}/home` });
  for (const text of says) expect(result.stderr).toMatch(text);
  expect(result.stderr).not.toMatch(/^ +at /m);
  expect(result.code).toBe(code);
});

test('with --json an error is one JSON document on stderr', async () => {
  const directory = await temporaryDirectory();
  const { code, stdout, stderr } = await sluice(['run', 'none.ts', '--json'], { cwd: directory });
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'WorkflowFileInvalid', fault: 'user' } });
});
