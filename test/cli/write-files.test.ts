import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeFiles } from '../../src/cli/write-files.ts';

const file = { name: 'inner/a.json', text: 'text' };

function temporary(): string {
  const made = mkdtempSync(join(tmpdir(), 'sluice-write-files-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('files are written below a directory that is made', () => {
  const directory = join(temporary(), 'out');
  const [path] = writeFiles(directory, [file]);
  expect(readFileSync(path as string, 'utf8')).toBe('text');
  writeFiles(directory, [file]);
});

test.each(['out', 'out/inner'])('nothing is written through %s where that is a link', (link) => {
  const [root, elsewhere] = [temporary(), temporary()];
  const directory = join(root, 'out');
  if (link !== 'out') writeFiles(directory, [{ name: 'b.json', text: '' }]);
  symlinkSync(elsewhere, join(root, link));
  expect(() => writeFiles(directory, [file])).toThrow(`'${join(root, link)}' is a link`);
  expect(existsSync(join(elsewhere, 'a.json'))).toBe(false);
});
