import { expect, test } from 'vitest';
import { outputNames } from '../../src/hosts/transform/output-names.ts';

test.each([
  [
    'each is named from the prefix',
    'in/',
    { 'in/a.csv': 'a.csv', 'in/b/a.csv': 'b/a.csv' },
    ['a.csv', 'b/a.csv'],
  ],
  [
    'a prefix that is no directory',
    'in/test',
    { 'in/test/a': 'a', 'in/test2/b': 'test2/b' },
    ['a', 'test2/b'],
  ],
  [
    'two of one name at two depths',
    'in/test',
    { 'in/test/test1.csv': 'test1.csv', 'in/test1.csv': 'test1.csv', 'in/test/x': 'x' },
    ['test/test1.csv', 'test1.csv', 'test/x'],
  ],
  ['two that differ in slashes', 'in/', { 'in/a//b': 'a/b', 'in/a/b': 'a/b' }, ['a//b', 'a/b']],
  ['a prefix of the bucket', '', { a: 'a', 'b/a': 'b/a' }, ['a', 'b/a']],
] as const)('outputs of a transform: %s', (_, prefix, objects, names) => {
  const found = Object.entries(objects).map(([key, name]) => ({ key, name }));
  expect(outputNames(found, prefix)).toEqual(names);
});

test('outputs of a transform: an object twice, and files of this machine, keep their names', () => {
  const twice = { key: 'in/a', name: 'a' };
  expect(outputNames([twice, twice], 'in/')).toEqual(['a', 'a']);
  expect(outputNames([{ name: 'a' }, { name: 'b' }], '')).toEqual(['a', 'b']);
});
