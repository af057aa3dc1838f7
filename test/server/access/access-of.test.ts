import { expect, test } from 'vitest';
import { type AskedOperation, accessesOf } from '../../../src/server/access/access-of.ts';

const account = { accountId: '123456789012', region: 'us-east-1' };
const arn = (service: string, name: string): string => `arn:aws:${service}:us-east-1:123456789012:${name}`;
const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
const resources = (asked: AskedOperation) =>
  accessesOf(asked, account).flatMap((access) => access.resources ?? ['*']);

test.each<[string, AskedOperation, string[]]>([
  [
    'an ARN beside a name',
    {
      service: 'sagemaker',
      operation: 'DeleteEndpoint',
      input: { EndpointName: 'prod', ResourceArn: arn('sagemaker', 'endpoint/mine') },
    },
    [arn('sagemaker', 'endpoint/mine'), arn('sagemaker', 'endpoint/prod')],
  ],
  [
    'another role to pass',
    {
      service: 'sagemaker',
      operation: 'CreateModel',
      input: { ModelName: 'm', RoleArn: role('mine'), ExecutionRoleArn: role('admin') },
    },
    [arn('sagemaker', 'model/m'), role('mine'), role('admin')],
  ],
  [
    'another path',
    {
      service: 'iam',
      operation: 'PutRolePolicy',
      input: { RoleName: 'admin', PolicyName: 'p', Path: '/mine/' },
    },
    [role('admin')],
  ],
  [
    'another name',
    {
      service: 'iam',
      operation: 'DeletePolicy',
      input: { PolicyArn: 'arn:aws:iam::123456789012:policy/p', PolicyName: 'mine', RoleName: 'mine' },
    },
    ['arn:aws:iam::123456789012:policy/p'],
  ],
  [
    'another group',
    {
      service: 'logs',
      operation: 'TagResource',
      input: { logGroupName: 'mine', resourceArn: arn('logs', 'log-group:other') },
    },
    [arn('logs', 'log-group:mine'), arn('logs', 'log-group:other')],
  ],
  [
    'another repository',
    {
      service: 'ecr',
      operation: 'DescribeRepositories',
      input: { repositoryName: 'mine', repositoryNames: ['other'] },
    },
    [arn('ecr', 'repository/mine'), arn('ecr', 'repository/other')],
  ],
])('%s, which the operation ignores, stands in for nothing', (_title, asked, expected) => {
  expect(resources(asked)).toEqual(expected);
});

test('the instance types of groups and variants are those of a request, too', () => {
  const typesOf = (operation: string, input: object): unknown =>
    accessesOf({ service: 'sagemaker', operation, input: { ...input } }, account)[0]?.context?.[
      'sagemaker:instancetypes'
    ];
  const [small, large] = [{ InstanceType: 'ml.m5.large' }, { InstanceType: 'ml.p4d.24xlarge' }];
  expect(typesOf('CreateTrainingJob', { ResourceConfig: { InstanceGroups: [small, large] } })).toEqual([
    'ml.m5.large',
    'ml.p4d.24xlarge',
  ]);
  expect(typesOf('CreateEndpointConfig', { ProductionVariants: [large] })).toEqual(['ml.p4d.24xlarge']);
  expect(typesOf('CreateEndpointConfig', { ProductionVariants: [null] })).toBeUndefined();
});

test.each<[operation: string, input: object]>([
  [
    'CreateTrainingJob',
    { ResourceConfig: { VolumeKmsKeyId: 'disk' }, OutputDataConfig: { KmsKeyId: 'output' } },
  ],
  [
    'CreateProcessingJob',
    {
      ProcessingResources: { ClusterConfig: { VolumeKmsKeyId: 'disk' } },
      ProcessingOutputConfig: { KmsKeyId: 'output' },
    },
  ],
  [
    'CreateTransformJob',
    { TransformResources: { VolumeKmsKeyId: 'disk' }, TransformOutput: { KmsKeyId: 'output' } },
  ],
  ['CreateEndpointConfig', { KmsKeyId: 'disk', DataCaptureConfig: { KmsKeyId: 'output' } }],
])('the keys of %s are those that it reads, and no others', (operation, input) => {
  const ignored = { ...input, KmsKeyId: 'disk', OutputConfig: { KmsKeyId: 'other' } };
  for (const each of [input, ignored]) {
    const [access] = accessesOf({ service: 'sagemaker', operation, input: { ...each } }, account);
    expect(access?.context).toMatchObject({
      'sagemaker:volumekmskey': ['disk'],
      'sagemaker:outputkmskey': ['output'],
    });
  }
});
