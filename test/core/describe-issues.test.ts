import { expect, test } from 'vitest';
import { configurationSchema } from '../../src/core/config-schema.ts';
import { describeIssues } from '../../src/core/describe-issues.ts';

test('a key of a rule that there is not is told with what was probably meant', () => {
  const rules = [{ name: 'a', wen: 'spot', platforms: ['local'] }];
  const { error } = configurationSchema.safeParse({ router: { rules } });
  expect(error && describeIssues(error)).toContain("Did you mean 'when'? There are: name, when, platforms.");
});
