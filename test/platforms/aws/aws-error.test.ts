import { expect, test } from 'vitest';
import { SluiceError } from '../../../src/core/errors.ts';
import { awsError } from '../../../src/platforms/aws/aws-error.ts';

function failure(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 }, ...more });
}

const role = { assumeRole: { arn: 'arn:aws:iam::111122223333:role/Other', externalId: 'e' } };

test.each([
  [
    'CredentialsMissing',
    'user',
    failure('CredentialsProviderError', 'Could not load credentials from any providers'),
  ],
  [
    'CredentialsExpired',
    'user',
    failure('ExpiredTokenException', 'The security token included in the request is expired'),
  ],
  [
    'CredentialsExpired',
    'user',
    failure('CredentialsProviderError', 'The SSO session associated with this profile has expired.'),
  ],
  [
    'CredentialsInvalid',
    'user',
    failure('UnrecognizedClientException', 'The security token included in the request is invalid.'),
  ],
  [
    'RoleRefused',
    'user',
    failure(
      'AccessDenied',
      'User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Other',
    ),
  ],
  [
    'RoleRefused',
    'user',
    failure(
      'ValidationException',
      "Could not assume role arn:aws:iam::111122223333:role/Exec. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
    ),
  ],
  [
    'AccessDenied',
    'user',
    failure('AccessDeniedException', 'User is not authorized to perform: sagemaker:CreateTrainingJob'),
  ],
  [
    'QuotaZero',
    'user',
    failure(
      'ResourceLimitExceeded',
      "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances.",
    ),
  ],
  [
    'QuotaExceeded',
    'system',
    failure(
      'ResourceLimitExceeded',
      "The account-level service limit 'ml.m5.large for training job usage' is 4 Instances, with current utilization of 4 Instances and a request delta of 1 Instances.",
    ),
  ],
  [
    'InstanceTypeUnavailable',
    'user',
    failure('ValidationException', 'Unsupported instance type ml.p3dn.24xlarge'),
  ],
  [
    'InstanceTypeUnavailable',
    'user',
    failure(
      'ResourceLimitExceeded',
      'The requested resource training-job/ml.p2.xlarge is not available in this region',
    ),
  ],
  [
    'InstanceTypeUnavailable',
    'user',
    failure(
      'ValidationException',
      "1 validation error detected: Value 'ml.t2.medium' at 'resourceConfig.instanceType' failed to satisfy constraint: Member must satisfy enum value set: [ml.m5.large]",
    ),
  ],
  [
    'InstanceTypeUnavailable',
    'user',
    failure('ValidationException', "Instance type 'r4.2xlarge' is not supported"),
  ],
  [
    'InvalidArgument',
    'user',
    failure(
      'ValidationException',
      'Instance type ml.c4.2xlarge is not supported by algorithm image-classification; only GPU instances are supported.',
    ),
  ],
  ['CapacityUnavailable', 'system', failure('InsufficientInstanceCapacity', 'no room')],
  ['Throttled', 'system', failure('ThrottlingException', 'Rate exceeded')],
  [
    'PlatformUnavailable',
    'system',
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  ],
  [
    'PlatformUnavailable',
    'system',
    failure('ServiceUnavailable', 'later', { $metadata: { httpStatusCode: 503 } }),
  ],
  ['InvalidArgument', 'user', failure('ValidationException', '1 validation error detected')],
])('tells %s from what AWS says, the fault of the %s', (code, fault, error) => {
  const told = awsError(error, "CreateTrainingJob 'train'", role) as SluiceError;
  expect(told).toBeInstanceOf(SluiceError);
  expect(told).toMatchObject({ code, fault });
  expect(told.message).toBe(`CreateTrainingJob 'train': ${error.message}`);
  expect(told.hint).not.toBe('');
});

test('names the role that may not be assumed, and that its external id has to fit', () => {
  const denied = failure('AccessDenied', 'not authorized to perform: sts:AssumeRole');
  expect((awsError(denied, 'GetCallerIdentity', role) as SluiceError).hint).toBe(
    'The trust policy of arn:aws:iam::111122223333:role/Other has to name who asks, with this externalId; and who asks needs sts:AssumeRole for it.',
  );
});

test('names the endpoint whose keys are wanted, where AWS is not asked', () => {
  const unknown = failure(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
  const { hint } = awsError(unknown, 'GetCallerIdentity', {
    endpoint: 'http://127.0.0.1:4777',
  }) as SluiceError;
  expect(hint).toContain('http://127.0.0.1:4777 knows keys of its own: AWS_ACCESS_KEY_ID');
});

test('leaves a defect what it is', () => {
  const defect = new TypeError('x is not a function');
  expect(awsError(defect, 'CreateModel', {})).toBe(defect);
});
