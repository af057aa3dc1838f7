import { expect, test } from 'vitest';
import { didYouMean, suggest } from '../../src/core/suggest.ts';

test.each([
  ['instnaceType', ['instanceType', 'instanceCount'], "Did you mean 'instanceType'?"],
  ['dpeth', ['eta', 'max_depth'], "Did you mean 'max_depth'?"],
  ['role', ['region', 'executionRole'], "Did you mean 'executionRole'?"],
  ['ml.m5.xlarg', ['ml.m5.large', 'ml.m5.xlarge', 'ml.m5.2xlarge'], "Did you mean 'ml.m5.xlarge'?"],
  ['eat', ['eta', 'beta'], "Did you mean 'eta'?"],
  ['quite-else', ['eta', 'max_depth'], ''],
  ['x', [], ''],
])('%s among %j: %s', (unknown, known, expected) => {
  expect(didYouMean(unknown, known)).toBe(expected);
});

test('the whole list is told where it is short', () => {
  expect(suggest('tran', ['train', 'test'])).toBe("Did you mean 'train'? There are: train, test.");
  expect(suggest('x', [])).toBe('There are none.');
});
