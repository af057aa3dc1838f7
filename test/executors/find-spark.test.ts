import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findJavas, pysparkVersion } from '../../src/executors/index.ts';

async function directory(): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'sluice-java-')));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

/** What looks like a Java: a program, and the file that tells its version. */
async function java(home: string, program: string, release?: string): Promise<string> {
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(join(home, 'bin', 'java'), `#!/bin/sh\n${program}\n`);
  await chmod(join(home, 'bin', 'java'), 0o755);
  if (release !== undefined) await writeFile(join(home, 'release'), release);
  return home;
}

test('the Java of JAVA_HOME is preferred, then that of the PATH; their versions are read, or asked for', async () => {
  const root = await directory();
  const old = await java(join(root, 'old'), `echo 'openjdk version "1.8.0_292"' >&2`);
  const named = await java(join(root, 'named'), 'exit 1', 'IMPLEMENTOR="X"\nJAVA_VERSION="21.0.2"\n');
  const broken = await java(join(root, 'broken'), 'exit 1');
  const found = findJavas({ JAVA_HOME: named, PATH: `${broken}/bin:${old}/bin:relative` });
  expect(found.slice(0, 2)).toEqual([
    { home: named, major: 21, directories: [named] },
    { home: old, major: 8, directories: [old] },
  ]);
  expect(found.map(({ home }) => home)).not.toContain(broken);
});

test('the version of PySpark is read from its package', async () => {
  const packages = await directory();
  expect(pysparkVersion(packages)).toBeUndefined();
  await mkdir(join(packages, 'pyspark'));
  await writeFile(join(packages, 'pyspark/version.py'), `__version__: str = '3.5.9'\n`);
  expect(pysparkVersion(packages)).toBe('3.5.9');
});
