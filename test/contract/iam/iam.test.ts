import { describe, expect, test } from 'vitest';
import {
  evaluatePolicies,
  findPolicyProblem,
  managedPolicies,
  matchPattern,
  parsePolicy,
} from '../../../src/contract/iam/index.ts';

const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const allow = (members: object) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...members });
const question = (context: Record<string, string[]> = {}) => ({
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::bucket/key',
  context,
});
const decide = (document: string, context?: Record<string, string[]>) =>
  evaluatePolicies([parsePolicy(document)], question(context)).decision;

describe('a statement applies to actions and resources', () => {
  test.each<[string, object, boolean]>([
    ['by name', {}, true],
    ['in any case', { Action: 'S3:getobject' }, true],
    ['by pattern', { Action: 's3:Get*' }, true],
    ['of another name', { Action: 's3:PutObject' }, false],
    ['all but one', { Action: undefined, NotAction: 's3:PutObject' }, true],
    ['all but this one', { Action: undefined, NotAction: ['s3:Get*'] }, false],
    ['of a bucket', { Resource: 'arn:aws:s3:::bucket/*' }, true],
    ['of a bucket alone', { Resource: 'arn:aws:s3:::bucket' }, false],
    ['of another case', { Resource: 'arn:aws:s3:::Bucket/*' }, false],
    ['one character', { Resource: 'arn:aws:s3:::bucke?/key' }, true],
    ['all but this', { Resource: undefined, NotResource: 'arn:aws:s3:::bucket/*' }, false],
    ['all but another', { Resource: undefined, NotResource: 'arn:aws:s3:::other/*' }, true],
    ['by a variable', { Resource: `arn:aws:s3:::$\{aws:PrincipalTag/team, 'bucket'}/*` }, true],
    ['by ${*}, which is a star', { Resource: `arn:aws:s3:::bucket/$\{*}` }, false],
    ['by ${?}, which is a question mark', { Resource: `arn:aws:s3:::bucket/ke$\{?}` }, false],
    [
      'by a default that is no pattern',
      { Resource: `arn:aws:s3:::$\{aws:PrincipalTag/team, '*'}/key` },
      false,
    ],
    ['by a variable without value', { Resource: `arn:aws:s3:::$\{aws:PrincipalTag/team}/*` }, false],
  ])('%s', (_, members, allowed) => {
    expect(decide(policy(allow(members)))).toBe(allowed ? 'allowed' : 'implicitDeny');
  });
});

describe('a condition', () => {
  const context = {
    'aws:sourceip': ['10.1.2.3'],
    'aws:currenttime': ['2026-11-28T08:00:00Z'],
    's3:prefix': ['data/one'],
    'aws:tagkeys': ['a', 'b'],
    'aws:securetransport': ['false'],
    'aws:principalarn': ['arn:aws:iam::123456789012:role/R'],
    'sagemaker:volumesize': ['30'],
  };
  test.each<[string, object, boolean]>([
    ['StringEquals', { 's3:prefix': 'data/one' }, true],
    ['StringNotEquals', { 's3:prefix': ['x', 'data/one'] }, false],
    ['StringEqualsIgnoreCase', { 'S3:Prefix': 'DATA/one' }, true],
    ['StringLike', { 's3:prefix': ['x', 'data/*'] }, true],
    ['StringNotLike', { 's3:prefix': 'data/*' }, false],
    ['StringEquals', { 'aws:absent': 'x' }, false],
    ['StringNotEquals', { 'aws:absent': 'x' }, true],
    ['StringEqualsIfExists', { 'aws:absent': 'x' }, true],
    ['Null', { 'aws:absent': 'true' }, true],
    ['Null', { constructor: 'false' }, false],
    ['StringEquals', { constructor: 'x' }, false],
    ['StringLike', { ['__proto__']: '*' }, false],
    ['Null', { 's3:prefix': 'true' }, false],
    ['NumericLessThanEquals', { 'sagemaker:VolumeSize': 30 }, true],
    ['NumericGreaterThan', { 'sagemaker:VolumeSize': '30' }, false],
    ['DateLessThan', { 'aws:CurrentTime': '2027-01-01T00:00:00Z' }, true],
    ['DateGreaterThan', { 'aws:CurrentTime': '2027-01-01T00:00:00Z' }, false],
    ['Bool', { 'aws:SecureTransport': false }, true],
    ['IpAddress', { 'aws:SourceIp': '10.0.0.0/8' }, true],
    ['NotIpAddress', { 'aws:SourceIp': '10.0.0.0/8' }, false],
    ['IpAddress', { 'aws:SourceIp': 'nonsense' }, false],
    ['ArnLike', { 'aws:PrincipalArn': 'arn:aws:iam::*:role/R' }, true],
    ['ArnNotEquals', { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/*' }, false],
    ['ForAllValues:StringEquals', { 'aws:TagKeys': ['a', 'b', 'c'] }, true],
    ['ForAllValues:StringEquals', { 'aws:TagKeys': 'a' }, false],
    ['ForAnyValue:StringEquals', { 'aws:TagKeys': 'a' }, true],
    ['ForAnyValue:StringEquals', { 'aws:absent': 'a' }, false],
  ])('%s %j: %s', (operator, keys, met) => {
    expect(decide(policy(allow({ Condition: { [operator]: keys } })), context)).toBe(
      met ? 'allowed' : 'implicitDeny',
    );
  });
});

test('a Deny wins over every Allow, and an operator that is not known allows nothing and denies', () => {
  expect(decide(policy(allow({}), allow({ Effect: 'Deny', Action: '*' })))).toBe('explicitDeny');
  const unknown = { Condition: { StringSounds: { 's3:prefix': 'x' } } };
  expect(evaluatePolicies([parsePolicy(policy(allow(unknown)))], question())).toMatchObject({
    decision: 'implicitDeny',
    unknownOperators: ['StringSounds'],
  });
  expect(decide(policy(allow({}), allow({ Effect: 'Deny', ...unknown })))).toBe('explicitDeny');
});

test('a pattern of many stars is answered at once', () => {
  expect(matchPattern(`${'*a'.repeat(2000)}b`, 'a'.repeat(4000))).toBe(false);
});

describe('a document that is none is answered in the words of IAM', () => {
  test.each<[string, 'identity' | 'trust', string]>([
    ['{', 'identity', 'Syntax errors in policy.'],
    ['{', 'trust', 'This policy contains invalid Json'],
    ['[]', 'identity', 'Syntax errors in policy.'],
    [
      JSON.stringify({ Version: '2020-01-01', Statement: [allow({})] }),
      'identity',
      'The policy must contain a valid version string',
    ],
    [policy(allow({ Effect: 'allow' })), 'identity', 'Syntax errors in policy.'],
    [policy(allow({ Acton: 'x' })), 'identity', 'Syntax errors in policy.'],
    [policy(allow({ Action: undefined })), 'identity', 'Policy statement must contain actions.'],
    [
      policy(allow({ Action: 'GetObject' })),
      'identity',
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    [policy(allow({ Resource: undefined })), 'identity', 'Policy statement must contain resources.'],
    [policy(allow({ Resource: 'bucket/*' })), 'identity', 'Resource bucket/* must be in ARN format or "*".'],
    [policy(allow({ Principal: '*' })), 'identity', 'Policy document should not specify a principal.'],
    [
      policy(allow({ Sid: 'a' }), allow({ Sid: 'a' })),
      'identity',
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    [
      policy(allow({ Condition: { StringSounds: { a: 'b' } } })),
      'identity',
      'Invalid Condition type : StringSounds.',
    ],
    [policy(allow({})), 'trust', 'Has prohibited field Resource'],
    [policy(allow({ Resource: undefined })), 'trust', 'Missing required field Principal'],
    [
      policy(allow({ Resource: undefined, Principal: { Service: 'a' } })),
      'trust',
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
  ])('%s as %s', (document, use, message) => {
    expect(findPolicyProblem(document, use)).toBe(message);
  });
});

test('the policies that AWS manages are valid, and that of SageMaker reaches its own buckets alone', () => {
  for (const { document } of managedPolicies) expect(findPolicyProblem(document, 'identity')).toBeUndefined();
  const full = managedPolicies.find(({ arn }) => arn === 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess');
  const policies = [parsePolicy(full?.document as string)];
  const may = (action: string, resource: string, context: Record<string, string[]> = {}) =>
    evaluatePolicies(policies, { action, resource, context }).decision;
  expect(may('sagemaker:CreateTrainingJob', 'arn:aws:sagemaker:us-east-1:123456789012:training-job/x')).toBe(
    'allowed',
  );
  expect(may('s3:GetObject', 'arn:aws:s3:::sagemaker-us-east-1-123456789012/x')).toBe('allowed');
  expect(may('s3:GetObject', 'arn:aws:s3:::bsingh-ml-workflows/x')).toBe('implicitDeny');
  const role = 'arn:aws:iam::123456789012:role/SageMakerExecutionRole';
  expect(may('iam:PassRole', role, { 'iam:passedtoservice': ['sagemaker.amazonaws.com'] })).toBe('allowed');
  expect(may('iam:PassRole', role, { 'iam:passedtoservice': ['ec2.amazonaws.com'] })).toBe('implicitDeny');
});

test('what a variable holds is no pattern, and is compared as it is', () => {
  const tagged = policy(allow({ Resource: `arn:aws:s3:::$\{aws:PrincipalTag/team}/key` }));
  expect(decide(tagged, { 'aws:principaltag/team': ['*'] })).toBe('implicitDeny');
  expect(decide(tagged, { 'aws:principaltag/team': ['bucket'] })).toBe('allowed');
  for (const operator of ['StringEquals', 'StringLike', 'StringEqualsIgnoreCase']) {
    const starred = policy(allow({ Condition: { [operator]: { 's3:prefix': `a$\{*}b$\{?}$\{$}` } } }));
    expect(decide(starred, { 's3:prefix': ['a*b?$'] })).toBe('allowed');
    expect(decide(starred, { 's3:prefix': ['axb?$'] })).toBe('implicitDeny');
  }
});
