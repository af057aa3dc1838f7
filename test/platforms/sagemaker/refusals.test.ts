import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Bundles } from '../../../src/bundles/index.ts';
import { DEFAULT_ACCOUNT } from '../../../src/core/account.ts';
import type { SluiceError } from '../../../src/core/errors.ts';
import type { SageMakerSettings } from '../../../src/core/platforms-settings.ts';
import type { TrainingTask } from '../../../src/graph/index.ts';
import { createDirectoryStore } from '../../../src/objects/directory/create-directory-store.ts';
import { createSageMakerPlatform } from '../../../src/platforms/index.ts';
import { type AwsRefusal, type RefusingAws, startRefusingAws } from '../../harness/refusing-aws.ts';

let aws: RefusingAws;
beforeAll(async () => {
  aws = await startRefusingAws();
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_PROFILE', '');
});
afterEach(() => aws.asked.splice(0));
afterAll(async () => {
  await aws[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const ROLE = 'arn:aws:iam::111122223333:role/Sluice';

const task: TrainingTask = {
  type: 'training',
  name: 'train',
  interface: { inputs: {}, outputs: {} },
  image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/own:1',
  role: 'arn:aws:iam::123456789012:role/Exec',
  instanceType: 'ml.p4d.24xlarge',
  instanceCount: 1,
  volumeSizeInGB: 30,
  environment: {},
  maxRuntimeInSeconds: 600,
  channels: {},
  hyperparameters: {},
  metricDefinitions: [],
  enableManagedSpotTraining: false,
};

/** What submitting a job comes to. */
async function failure(settings: SageMakerSettings): Promise<SluiceError> {
  const home = createDirectoryStore('/nowhere');
  const stores = { store: () => home };
  const platform = createSageMakerPlatform({
    settings: { sagemaker: { endpoint: aws.url, region: 'eu-central-1', ...settings } },
    stores,
    bundles: new Bundles({ stores, account: DEFAULT_ACCOUNT }),
    account: DEFAULT_ACCOUNT,
    environment: {},
  });
  try {
    await platform.submit({ task, inputs: {}, jobName: 'j' }, { idempotencyKey: 'run/train/1' });
  } catch (error) {
    return error as SluiceError;
  } finally {
    await platform.detach();
  }
  throw new Error('It was taken.');
}

test.each<[title: string, code: string, hint: string, refusal: AwsRefusal, settings?: SageMakerSettings]>([
  [
    'credentials that have expired',
    'CredentialsExpired',
    'Log in again (aws sso login), or set new credentials.',
    {
      operation: 'GetCallerIdentity',
      code: 'ExpiredToken',
      message: 'The security token included in the request is expired',
      status: 403,
    },
  ],
  [
    'credentials that expire between two requests',
    'CredentialsExpired',
    'Log in again',
    {
      operation: 'CreateTrainingJob',
      code: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    },
  ],
  [
    'a key that AWS does not know',
    'CredentialsInvalid',
    'Check the access key',
    {
      operation: 'GetCallerIdentity',
      code: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
      status: 403,
    },
  ],
  [
    'a role that may not be assumed',
    'RoleRefused',
    `The trust policy of ${ROLE} has to name who asks, and an externalId where it demands one`,
    {
      operation: 'AssumeRole',
      code: 'AccessDenied',
      message: `User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
      status: 403,
    },
    { assumeRole: { arn: ROLE } },
  ],
  [
    'credentials that have expired, with which a role was to be assumed',
    'CredentialsExpired',
    'Log in again',
    {
      operation: 'AssumeRole',
      code: 'ExpiredToken',
      message: 'The security token included in the request is expired',
      status: 403,
    },
    { assumeRole: { arn: ROLE } },
  ],
  [
    'an execution role that SageMaker may not assume',
    'RoleRefused',
    'The trust policy of the execution role has to name sagemaker.amazonaws.com',
    {
      operation: 'CreateTrainingJob',
      code: 'ValidationException',
      message:
        "Could not assume role arn:aws:iam::123456789012:role/Exec. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
    },
  ],
  [
    'what a policy does not allow',
    'AccessDenied',
    `Give the role ${ROLE} the permission: sluice iam print shows the least policy.`,
    {
      operation: 'CreateTrainingJob',
      code: 'AccessDeniedException',
      message: `User: ${ROLE} is not authorized to perform: sagemaker:CreateTrainingJob because no identity-based policy allows the sagemaker:CreateTrainingJob action`,
    },
    { assumeRole: { arn: ROLE } },
  ],
  [
    'a region without the instance type',
    'InstanceTypeUnavailable',
    'sluice prices refresh --region eu-central-1',
    {
      operation: 'CreateTrainingJob',
      code: 'ResourceLimitExceeded',
      message: 'The requested resource training-job/ml.p4d.24xlarge is not available in this region',
    },
  ],
  [
    'a quota of zero',
    'QuotaZero',
    'This account may use none of these instances: ask for a higher quota in the Service Quotas console',
    {
      operation: 'CreateTrainingJob',
      code: 'ResourceLimitExceeded',
      message:
        "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase for this quota.",
    },
  ],
  [
    'a quota that is full',
    'QuotaExceeded',
    'Wait for other jobs to end',
    {
      operation: 'CreateTrainingJob',
      code: 'ResourceLimitExceeded',
      message:
        "The account-level service limit 'ml.p4d.24xlarge for training job usage' is 10 Instances, with current utilization of 10 Instances and a request delta of 1 Instances.",
    },
  ],
])(
  'SageMaker’s refusal for %s is told with what would change it',
  async (_title, code, hint, refusal, settings = {}) => {
    aws.refusal = refusal;
    const told = await failure(settings);
    expect(told).toMatchObject({ code, hint: expect.stringContaining(hint) as string });
    expect(told.message).toContain(refusal.message);
    expect(told.message).toMatch(/^(?:GetCallerIdentity|CreateTrainingJob 'run-train-1'): /);
    // Nothing is asked again that would be answered the same.
    expect(aws.asked.filter((each) => each === refusal.operation)).toHaveLength(1);
  },
);

test('whoever has no credentials for AWS is told where they are looked for', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, '');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  // AWS by another name; without credentials nobody is asked.
  const endpoint = 'https://nobody.amazonaws.com';
  const told = await failure({ endpoint });
  expect(told).toMatchObject({
    code: 'CredentialsMissing',
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or profile: in the settings of the platform.',
  });
  const profile = await failure({ endpoint, profile: 'team' });
  expect(profile).toMatchObject({
    code: 'CredentialsMissing',
    hint: "Look whether ~/.aws has the profile 'team', and log in: aws sso login --profile team",
  });
});
