import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listCodeFiles } from '../../src/bundles/code-files.ts';
import { asOrdinaryUser } from '../harness/ordinary-user.ts';

async function sources(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-code-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'train.py'), 'print(1)');
  await mkdir(join(directory, 'lib'));
  await writeFile(join(directory, 'lib', 'helper.py'), '');
  return directory;
}

test.each([
  ['the script', false, 'train.py'],
  ['a file beside it', true, 'lib/helper.py'],
  ['a directory beside it', true, 'lib'],
])('%s that may not be read is named', async (_title, whole, hidden) => {
  const directory = await sources();
  await chmod(join(directory, hidden), 0o000);
  const listed = asOrdinaryUser(() => listCodeFiles({ entry: 'train.py', directory, whole }));
  await expect(listed).rejects.toMatchObject({
    code: 'ScriptNotFound',
    message: `'${join(directory, hidden)}' belongs to the job's code and cannot be read.`,
  });
});

test.each([
  ['module', ['package.json', 'train.ts']],
  ['commonjs', ['train.ts']],
])('a script of a %s package comes as %j', async (type, expected) => {
  const directory = await sources();
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'mine', type }));
  await writeFile(join(directory, 'train.ts'), 'import "node:fs";');
  const files = await listCodeFiles({ entry: 'train.ts', directory, whole: false });
  expect(files.map(({ path }) => path).sort()).toEqual(expected);
});

test('a script is sent alone unless its directory is sent whole', async () => {
  const directory = await sources();
  const paths = async (whole: boolean): Promise<string[]> =>
    (await listCodeFiles({ entry: 'train.py', directory, whole })).map(({ path }) => path);
  expect(await paths(false)).toEqual(['train.py']);
  expect(await paths(true)).toEqual(['lib/helper.py', 'train.py']);
});

test('a script that is sent alone brings the files and directories that it names, each once', async () => {
  const directory = await sources();
  const listed = (others: readonly string[]) =>
    listCodeFiles({ entry: 'train.py', directory, whole: false, others });
  const files = await listed(['lib', 'lib/helper.py', 'train.py']);
  expect(files.map(({ path }) => path)).toEqual(['train.py', 'lib/helper.py']);
  await expect(listed(['lib/nowhere.py'])).rejects.toMatchObject({
    code: 'ScriptNotFound',
    message: `Script '${join(directory, 'lib/nowhere.py')}' does not exist.`,
  });
});
