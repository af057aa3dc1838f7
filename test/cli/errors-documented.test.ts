import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/core/error-codes.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const documented = [...page.matchAll(/^### (\w+)$/gm)].map(([, code]) => code);

test('docs/errors.md describes every error code, and no other, in order', () => {
  expect(documented).toEqual(Object.keys(errorCodes));
});

test('the table of error codes is sorted', () => {
  expect(Object.keys(errorCodes)).toEqual(Object.keys(errorCodes).toSorted());
});
