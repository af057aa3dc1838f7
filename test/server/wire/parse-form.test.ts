import { expect, test } from 'vitest';
import { iamModel } from '../../../src/server/wire/model/iam.gen.ts';
import { parseForm } from '../../../src/server/wire/parse-form.ts';

const parse = (form: Readonly<Record<string, string>>) =>
  parseForm(iamModel, 'SimulatePrincipalPolicyRequest', Object.entries(form));

test.each([
  ['nothing', {}, {}],
  ['a text', { PolicySourceArn: 'arn' }, { PolicySourceArn: 'arn' }],
  ['a number', { MaxItems: '50' }, { MaxItems: 50 }],
  ['a number that is none', { MaxItems: 'many' }, { MaxItems: 'many' }],
  [
    'a list in the order of its numbers',
    { 'ActionNames.member.10': 'c', 'ActionNames.member.2': 'b', 'ActionNames.member.1': 'a' },
    { ActionNames: ['a', 'b', 'c'] },
  ],
  ['an empty list', { ActionNames: '' }, { ActionNames: [] }],
  [
    'structures in a list',
    {
      'ContextEntries.member.1.ContextKeyName': 'one',
      'ContextEntries.member.1.ContextKeyValues.member.1': 'x',
      'ContextEntries.member.2.ContextKeyName': 'two',
    },
    { ContextEntries: [{ ContextKeyName: 'one', ContextKeyValues: ['x'] }, { ContextKeyName: 'two' }] },
  ],
  [
    'names that the model does not have',
    {
      '__proto__.polluted': 'yes',
      constructor: 'x',
      'ActionNames.member.one': 'x',
      'ActionNames.first': 'x',
      [`${'a.'.repeat(100_000)}b`]: 'deep',
    },
    { ActionNames: [] },
  ],
])('%s', (_title, form, expected) => {
  expect(parse(form)).toEqual(expected);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
