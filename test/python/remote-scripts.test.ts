// Needs: python
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFifo } from '../channels/support/readers.ts';
import { activate, compiledPython, pythonWith } from '../harness/python.ts';
import { pythonPackage } from '../harness/python-package.ts';
import { mainFile, sluice, startProgram } from '../harness/sluice.ts';

let directory: string;
let python: Disposable;
beforeAll(async () => {
  python = activate(await pythonWith('boto3', 'pathspec'));
  directory = await mkdtemp(join(tmpdir(), 'remote-scripts-'));
});
afterAll(async () => {
  python[Symbol.dispose]();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** What a Python finds that has both packages. */
const installed = {
  PYTHONPATH: `${pythonPackage}/src:${pythonPackage}/compat/src`,
  PYTHONPYCACHEPREFIX: compiledPython,
};

test('sluice remote is the package of Python, with its arguments, its output and its exit code', async () => {
  await writeFile(join(directory, 'job.json'), '{"a": {"b": "found"}}');
  const options = { cwd: directory, environment: installed };
  expect(await sluice(['remote', 'json', 'parse', 'job.json,json:a.b'], options)).toMatchObject({
    code: 0,
    stdout: 'found\n',
  });
  const wrong = await sluice(['remote', '--profile', 'default', 'json', 'read', 'job.json', 'a.c'], options);
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toBe("error: Field 'a.c': there is no 'c' in a.\nThere is: b.\n");
  const help = await sluice(['remote', 'transform', 'create', '--help'], options);
  expect(help.stdout).toContain('usage: sluice remote transform create');
});

test('a Python without the package is said', async () => {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  // One that has nothing but its own library.
  const python = `#!/bin/sh\nPATH='${process.env['PATH']}' exec python3 -I -S "$@"\n`;
  await writeFile(join(bin, 'python3'), python, { mode: 0o755 });
  const { code, stderr } = await sluice(['remote', 'json', 'parse', 'a'], {
    cwd: directory,
    environment: { PATH: [bin, process.env['PATH']].join(delimiter) },
  });
  expect(code).toBe(1);
  expect(stderr).toContain("The Python that is first on the PATH has no package 'sluice'.");
  expect(stderr).toContain("pip install './python[boto3]'");
});

test('sagemaker-pipe.py goes on for ever, with the options of old, until it is stopped', {
  timeout: 300_000,
}, async () => {
  const [source, target] = [join(directory, 'source'), join(directory, 'fifos')];
  await mkdir(source);
  await writeFile(join(source, 'part'), 'data');
  const script = join(pythonPackage, 'compat', 'scripts', 'sagemaker-pipe.py');
  const program = startProgram('python3', [script, '-d', '-r', 'train', source, target], {
    cwd: directory,
    environment: { ...installed, SLUICE: mainFile },
  });
  await program.printed(/train: 1 objects of/);
  for (const epoch of [0, 1, 2])
    expect((await readFifo(join(target, `train_${epoch}`))).toString('latin1')).toContain('data');
  program.child.kill('SIGINT');
  const { code, stderr } = await program.ended;
  expect(code).toBe(130);
  expect(stderr).toContain('train: 1 objects of');
  expect(await readdir(target)).toEqual([]);
});
