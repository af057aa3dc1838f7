import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeWhole } from '../../src/core/write-whole.ts';
import { temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

it('replaces a link, and leaves what it leads to', async () => {
  const directory = await temporaryDirectory();
  const other = join(directory, 'other');
  writeFileSync(other, 'mine');
  symlinkSync(other, join(directory, 'file'));
  writeWhole(join(directory, 'file'), 'new');
  expect(readFileSync(other, 'utf8')).toBe('mine');
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('new');
  expect(readdirSync(directory).sort()).toEqual(['file', 'other']);
});

it('makes the directories above, as closed as the file is asked to be', async () => {
  const path = join(await temporaryDirectory(), 'a', 'token.json');
  writeWhole(path, '{}', { mode: 0o600 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
});

it('leaves nothing where it fails', async () => {
  const directory = await temporaryDirectory();
  mkdirSync(join(directory, 'taken', 'full'), { recursive: true });
  expect(() => writeWhole(join(directory, 'taken'), 'new')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(directory)).toEqual(['taken']);
});
