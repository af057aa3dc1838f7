import { describe, expect, test } from 'vitest';
import { frameworkPackages } from '../../../src/contract/framework-images.ts';
import { namedImagePackages } from '../../../src/contract/image-packages.ts';
import { hyperparameterArguments } from '../../../src/contract/training-environment.ts';
import { quoteForShell } from '../../../src/core/quote-for-shell.ts';
import { entryPointCommand, entryPointType } from '../../../src/jobs/toolkit/entry-point.ts';
import { ErrorCapture } from '../../../src/jobs/toolkit/error-capture.ts';
import { frameworkInstalls } from '../../../src/jobs/toolkit/python-layers.ts';
import { isSelfContained } from '../../../src/jobs/toolkit/requirements.ts';
import { toolkitFailureText } from '../../../src/jobs/toolkit/toolkit-failure.ts';
import { toolkitScript } from '../../../src/jobs/toolkit/toolkit-script.ts';

describe('hyperparameters become arguments as the toolkit makes them', () => {
  test.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ epochs: '3' }, ['--epochs', '3']],
    [{ n: '3' }, ['-n', '3']],
    [{ 'batch-size': '32', alpha: '0.1' }, ['--alpha', '0.1', '--batch-size', '32']],
    [{ flag: 'true', other: 'false' }, ['--flag', 'True', '--other', 'False']],
    [{ flag: '"true"' }, ['--flag', 'true']],
    [{ flag: 'True' }, ['--flag', 'True']],
    [{ nothing: 'null' }, ['--nothing', '']],
    [{ name: '"two words"' }, ['--name', 'two words']],
    [{ name: 'plain' }, ['--name', 'plain']],
    [{ rate: '1e-5' }, ['--rate', '1e-05']],
    [{ rate: '1.0' }, ['--rate', '1.0']],
    [{ layers: '[1, 2]' }, ['--layers', '[1, 2]']],
    [{ names: '["a","b"]' }, ['--names', "['a', 'b']"]],
    [{ options: '{"b": 2, "a": "x"}' }, ['--options', 'a=x,b=2']],
    [{ empty: '""' }, ['--empty', '']],
    [{ Z: '1', a: '2' }, ['-Z', '1', '-a', '2']],
    [{ sagemaker_program: '"train.py"', sagemaker_mpi_enabled: 'true', x: '1' }, ['-x', '1']],
    [{ _tuning_objective_metric: '"auc"', depth: '5' }, ['--depth', '5']],
  ])('%j → %j', (hyperparameters, expected) => {
    expect(hyperparameterArguments(hyperparameters)).toEqual(expected);
  });
});

describe('the script of a job', () => {
  test.each<[Record<string, string>, Record<string, string>, string | undefined, string | undefined]>([
    [{}, {}, undefined, undefined],
    [
      { sagemaker_program: '"train.py"', sagemaker_submit_directory: '"s3://b/k"' },
      {},
      'train.py',
      's3://b/k',
    ],
    [{ sagemaker_program: 'train.py', sagemaker_submit_directory: 's3://b/k' }, {}, 'train.py', 's3://b/k'],
    [{ sagemaker_program: '"a.py"' }, { SAGEMAKER_PROGRAM: 'b.py' }, 'b.py', undefined],
    [{}, { SAGEMAKER_PROGRAM: 'b.py', SAGEMAKER_SUBMIT_DIRECTORY: 's3://b/k' }, 'b.py', 's3://b/k'],
  ])('of %j and %j is %j in %j', (hyperparameters, environment, program, submitDirectory) => {
    const script = toolkitScript({ framework: 'pytorch' }, { hyperparameters, environment });
    expect([script?.program, script?.submitDirectory]).toEqual([program, submitDirectory]);
  });
});

describe('an entry point', () => {
  test.each([
    ['train.py', ['train.py'], 'program', ['py', 'train.py', '--a', "it's"]],
    ['train.py', ['train.py', 'setup.py'], 'package', ['py', '-m', 'train', '--a', "it's"]],
    ['train', ['setup.py'], 'package', ['py', '-m', 'train', '--a', "it's"]],
    ['run.sh', ['run.sh', 'setup.py'], 'command', ['/bin/sh', '-c', `./run.sh --a 'it'"'"'s'`]],
    ['run', ['run'], 'command', ['/bin/sh', '-c', `./run --a 'it'"'"'s'`]],
    ['run.mjs', ['run.mjs'], 'command', ['/bin/sh', '-c', `./run.mjs --a 'it'"'"'s'`]],
  ])('%s beside %j is a %s', (name, files, type, command) => {
    const found = entryPointType(name, files, true);
    expect(found).toBe(type);
    expect(entryPointCommand(found, name, 'py', ['--a', "it's"])).toEqual(command);
  });
});

test.each(['train.ts', 'train.mjs'])('%s runs in Node.js where no image of a framework is named', (name) => {
  const type = entryPointType(name, [name], false);
  expect(entryPointCommand(type, name, '', ['--a', 'b'])).toEqual(['node', name, '--a', 'b']);
});

test.each([
  [undefined, ['-a', '1']],
  [['train'], ['-a', '1']],
  [
    ['--more', 'x'],
    ['-a', '1', '--more', 'x'],
  ],
])('with the ContainerArguments %j a script gets %j', (parameters, expected) => {
  const hyperparameters = { sagemaker_program: '"t.py"', a: '1' };
  expect(toolkitScript(undefined, { hyperparameters, arguments: parameters })?.arguments).toEqual(expected);
});

test.each([
  ['python', ['Traceback', 'ValueError: no', ''], 'ValueError: no'],
  [
    'node',
    [
      'file:///opt/ml/code/t.ts:4',
      '  throw new Error("no")',
      '',
      'Error: no',
      '    at t.ts:4:1',
      '',
      'Node.js v24.1.0',
      '',
    ],
    'Error: no',
  ],
  ['node', ['plainly wrong', 'Node.js v24.1.0', ''], 'plainly wrong'],
] as const)("an error of %s is found among its output's lines", (errors, lines, message) => {
  const capture = new ErrorCapture(errors);
  capture.push('stderr', Buffer.from(lines.join('\n')));
  expect(capture.message()).toBe(message);
});

test.each([
  ['plain', 'plain'],
  ['a/b=c:d,e@f%g+h-i_j.k', 'a/b=c:d,e@f%g+h-i_j.k'],
  ['', "''"],
  ['a b', "'a b'"],
  ["it's", `'it'"'"'s'`],
  ['$HOME', "'$HOME'"],
])('%j is quoted as %s', (text, quoted) => {
  expect(quoteForShell(text)).toBe(quoted);
});

describe('requirements', () => {
  test.each([
    '',
    '# nothing\n\n',
    'numpy',
    'numpy==1.26.4\npandas>=2,<3 # why',
    'torch[extra, more] ~= 2.0 ; python_version >= "3.9"',
    'thing @ https://example.com/thing.whl',
    '--index-url https://example.com/simple\n--extra-index-url=https://example.com\n-i https://x\nnumpy',
    '--pre\nnumpy',
    'numpy==1.0 \\\n  --hash=sha256:abc',
  ])('%j depend on their text alone', (text) => {
    expect(isSelfContained(text)).toBe(true);
  });

  test.each([
    '-r more.txt',
    '--requirement more.txt',
    '-c constraints.txt',
    '-e .',
    '.',
    './wheels/x.whl',
    'wheels/x.whl',
    '/abs/x.whl',
    'x @ file:///opt/ml/code/x.whl',
    '--find-links ./wheels\nnumpy',
  ])('%j name other files', (text) => {
    expect(isSelfContained(text)).toBe(false);
  });
});

describe('the ErrorMessage', () => {
  test.each([
    ['ValueError', true],
    ['my.ValueError: x', true],
    ['a1_MyError', true],
    ['Error: no name', false],
    ['ValueError2', false],
    ['valueError', false],
    ['an Exception', true],
  ])('takes %j for an error: %j', (line, isOne) => {
    const capture = new ErrorCapture();
    capture.push('stdout', Buffer.from(`${line}\n`));
    expect(capture.message()).toBe(isOne ? line : '');
  });

  test('is found in no more steps than a line has characters', () => {
    const capture = new ErrorCapture();
    // By an expression that goes back, each of these lines is billions of steps.
    for (const text of ['A', 'Error', ' ', ':', 'aA1'])
      for (let line = 0; line < 20; line++)
        capture.push('stderr', Buffer.from(`x${text.repeat(1 << 20)}x\n`));
    capture.push('stderr', Buffer.from('ValueError: here\n'));
    expect(capture.message()).toBe('ValueError: here');
  });

  test.each([
    ['nothing', '', '', ''],
    ['a traceback', '', 'Traceback (most recent call last):\n  File "a"\nValueError: x\n', 'ValueError: x'],
    ['what comes after', '', 'ValueError: x\nmore: \nmore\n', 'ValueError: x\n more'],
    ['both streams', 'KeyError: 1\n', 'ValueError: x\n', 'KeyError: 1\n ValueError: x'],
    ['a last line without an end', '', 'ValueError: x', 'ValueError: x'],
    ['the last lines of stderr where no error is known', 'out\n', '1\n2\n3\n4\n5\n6\n', '2\n3\n4\n5\n6'],
  ])('holds %s', (_what, stdout, stderr, message) => {
    const capture = new ErrorCapture();
    for (const byte of Buffer.from(stdout)) capture.push('stdout', Buffer.from([byte]));
    capture.push('stderr', Buffer.from(stderr));
    expect(capture.message()).toBe(message);
  });

  test('of endless output stays small', () => {
    const capture = new ErrorCapture();
    for (let line = 0; line < 10_000; line++) capture.push('stderr', Buffer.from(`ValueError: ${line}\n`));
    expect(capture.message().length).toBeLessThan(20_000);
  });
});

test('the failure text has the form of the toolkit', () => {
  const failure = {
    error: 'ExecuteUserScriptError',
    exitCode: 2,
    message: 'm',
    command: ['a', 'b c'],
  } as const;
  expect(toolkitFailureText(failure)).toBe(
    'ExecuteUserScriptError:\nExitCode 2\nErrorMessage "m"\nCommand "a b c"',
  );
  expect(toolkitFailureText({ ...failure, extraInfo: 'i' })).toBe(
    'ExecuteUserScriptError:\nExitCode 2\nErrorMessage "m"\nExtraInfo "i"\nCommand "a b c"',
  );
});

test.each<[string, string | undefined, string[]]>([
  ['xgboost', '1.7-1', ['--no-deps xgboost==1.7.*', 'numpy pandas scikit-learn scipy']],
  ['xgboost', '1.2-2', ['--no-deps xgboost', 'numpy pandas scikit-learn scipy']],
  ['scikit-learn', '1.2-1', ['numpy pandas scikit-learn']],
])('packages of %s %s are installed by %j', (framework, version, expected) => {
  const commands = frameworkInstalls(frameworkPackages(framework as 'xgboost', version));
  expect(commands).toEqual(expected.map((text) => ['-I', '-m', 'pip', 'install', ...text.split(' ')]));
});

test('boto3 becomes that of the botocore which s3fs brings', () => {
  const commands = frameworkInstalls(namedImagePackages(['import boto3, yaml, s3fs']));
  expect(commands).toEqual([
    ['-I', '-m', 'pip', 'install', 'PyYAML', 's3fs>=2024.2'],
    ['-I', '-c', expect.stringContaining('"boto3==" + botocore.__version__') as string],
  ]);
});
