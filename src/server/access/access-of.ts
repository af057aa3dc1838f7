/**
 * Which action on which resources a request to the services beside S3 is.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html and the pages of
 * the other services. Gaps: condition keys of SageMaker beside instance types, networks, keys and tags.
 * By design: the input is as it came, with members that its operation does not know and ignores. None of them may stand in
 * for one that it does: all that are there must be allowed.
 */
import { partitionOf, type ResourceType, resourceArn } from '../../contract/arns.ts';
import type { RequestContext } from '../../contract/iam/index.ts';
import type { Account } from '../../core/account.ts';
import type { ServiceName } from '../wire/service-name.ts';
import type { Access } from './iam-gate.ts';

/** A request, as far as its access is a matter of it. */
export interface AskedOperation {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Each must be allowed; none: anybody may. */
export function accessesOf({ service, operation, input }: AskedOperation, account: Account): Access[] {
  switch (service) {
    case 'sagemaker':
      return sagemakerAccesses(operation, input, account);
    case 'logs':
      return [{ action: `logs:${operation}`, resources: logsResources(operation, input, account) }];
    case 'monitoring':
      return [
        { action: `cloudwatch:${operation}`, context: texts({ 'cloudwatch:namespace': input['Namespace'] }) },
      ];
    case 'scaling':
      return [{ action: `application-autoscaling:${operation}` }];
    case 'ecr':
      return [{ action: `ecr:${operation}`, resources: ecrResources(input, account) }];
    case 'iam':
      return [{ action: `iam:${operation}`, resources: [iamResource(operation, input, account)] }];
    // Nobody needs a right to ask who it is; AssumeRole asks the role itself.
    case 'sts':
      return operation === 'GetCallerIdentity'
        ? []
        : [{ action: `sts:${operation}`, resources: [String(input['RoleArn'] ?? '*')] }];
    default:
      return [{ action: `${service}:${operation}` }];
  }
}

/** The members that name what an operation of SageMaker is about, with the words of their ARNs. */
const NAMED: Readonly<Record<string, ResourceType>> = {
  TrainingJobName: 'training-job',
  ProcessingJobName: 'processing-job',
  TransformJobName: 'transform-job',
  EndpointConfigName: 'endpoint-config',
  EndpointName: 'endpoint',
  ModelName: 'model',
  ExperimentName: 'experiment',
  TrialName: 'experiment-trial',
  TrialComponentName: 'experiment-trial-component',
};

function sagemakerAccesses(
  operation: string,
  input: Readonly<Record<string, unknown>>,
  account: Account,
): Access[] {
  const named = Object.entries(NAMED).filter(([member]) => typeof input[member] === 'string');
  const relevant = /^CreateTransformJob$/.test(operation)
    ? named.filter(([, type]) => type === 'transform-job')
    : named;
  const arn = input['ResourceArn'];
  const resources = [
    ...(typeof arn === 'string' ? [arn] : []),
    ...relevant.map(([member, type]) => resourceArn(account, type, input[member] as string)),
  ];
  const roles = [input['RoleArn'], input['ExecutionRoleArn']].filter((role) => typeof role === 'string');
  return [
    {
      action: `sagemaker:${operation}`,
      ...(!/^List|^Search/.test(operation) && resources.length > 0 && { resources }),
      context: sagemakerContext(operation, input),
    },
    ...(roles.length > 0 && /^(Create|Update)/.test(operation)
      ? [
          {
            action: 'iam:PassRole',
            resources: roles,
            context: { 'iam:passedtoservice': ['sagemaker.amazonaws.com'] },
          },
        ]
      : []),
  ];
}

type Input = Readonly<Record<string, unknown>>;

/** The keys of disks and outputs, where the operation reads them: elsewhere they are ignored. */
function keysOf(operation: string, input: Input): [volume: unknown, output: unknown] {
  switch (operation) {
    case 'CreateTrainingJob':
      return [
        member(input, 'ResourceConfig')['VolumeKmsKeyId'],
        member(input, 'OutputDataConfig')['KmsKeyId'],
      ];
    case 'CreateProcessingJob':
      return [
        member(member(input, 'ProcessingResources'), 'ClusterConfig')['VolumeKmsKeyId'],
        member(input, 'ProcessingOutputConfig')['KmsKeyId'],
      ];
    case 'CreateTransformJob':
      return [
        member(input, 'TransformResources')['VolumeKmsKeyId'],
        member(input, 'TransformOutput')['KmsKeyId'],
      ];
    case 'CreateEndpointConfig':
      return [input['KmsKeyId'], member(input, 'DataCaptureConfig')['KmsKeyId']];
    default:
      return [undefined, undefined];
  }
}

function sagemakerContext(operation: string, input: Input): RequestContext {
  const resources = [
    member(input, 'ResourceConfig'),
    member(member(input, 'ProcessingResources'), 'ClusterConfig'),
    member(input, 'TransformResources'),
  ];
  const listed = resources.flatMap(({ InstanceGroups, InstancePreferences }) => [
    InstanceGroups,
    InstancePreferences,
  ]);
  const types = [...listed, input['ProductionVariants'], input['ShadowProductionVariants']]
    .flatMap((list) => list ?? [])
    .concat(resources)
    .flatMap((each) => (each as { readonly InstanceType?: unknown } | null)?.InstanceType ?? []);
  const [volumeKey, outputKey] = keysOf(operation, input);
  const vpc = { ...member(input, 'VpcConfig'), ...member(member(input, 'NetworkConfig'), 'VpcConfig') };
  const tags =
    (input['Tags'] as readonly { readonly Key: string; readonly Value: string }[] | undefined) ?? [];
  return {
    ...texts({
      'sagemaker:instancetypes': types.length > 0 ? types : undefined,
      'sagemaker:volumekmskey': volumeKey,
      'sagemaker:outputkmskey': outputKey,
      'sagemaker:vpcsubnets': vpc['Subnets'],
      'sagemaker:vpcsecuritygroupids': vpc['SecurityGroupIds'],
      'sagemaker:networkisolation':
        input['EnableNetworkIsolation'] ?? member(input, 'NetworkConfig')['EnableNetworkIsolation'],
      'aws:tagkeys': tags.length > 0 ? tags.map(({ Key }) => Key) : undefined,
    }),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:requesttag/${Key.toLowerCase()}`, [Value]])),
  };
}

function logsResources(operation: string, input: Input, { region, accountId }: Account): string[] {
  const given = ['logGroupName', 'logGroupIdentifier', 'resourceArn'].flatMap((name) => input[name] ?? []);
  const stream = input['logStreamName'];
  return (given.length > 0 ? given : ['*']).map((identifier) => {
    const text = String(identifier);
    const base = text.startsWith('arn:')
      ? text.replace(/:\*$/, '')
      : `arn:${partitionOf(region)}:logs:${region}:${accountId}:log-group:${text}`;
    // The rights to make a stream are the group's.
    return typeof stream === 'string' && operation !== 'CreateLogStream'
      ? `${base}:log-stream:${stream}`
      : base;
  });
}

/** A token is for all of them. */
function ecrResources(input: Input, { region, accountId }: Account): string[] {
  const names = ([] as unknown[]).concat(input['repositoryName'] ?? [], input['repositoryNames'] ?? []);
  const registry = typeof input['registryId'] === 'string' ? input['registryId'] : accountId;
  const prefix = `arn:${partitionOf(region)}:ecr:${region}:${registry}:repository`;
  return names.length === 0 ? ['*'] : names.map((name) => `${prefix}/${String(name)}`);
}

function iamResource(operation: string, input: Input, { accountId, region }: Account): string {
  const { RoleName: role, PolicyArn: policy, PolicySourceArn: source } = input;
  const prefix = `arn:${partitionOf(region)}:iam::${accountId}`;
  const path = operation.startsWith('Create') && typeof input['Path'] === 'string' ? input['Path'] : '/';
  if (typeof role === 'string' && operation.includes('Role')) return `${prefix}:role${path}${role}`;
  if (operation === 'CreatePolicy' && typeof input['PolicyName'] === 'string')
    return `${prefix}:policy${path}${input['PolicyName']}`;
  return String(policy ?? source ?? '*');
}

function member(input: Input, name: string): Input {
  const value = input[name];
  return typeof value === 'object' && value !== null ? (value as Input) : {};
}

/** Those that have a value, as lists of text. */
function texts(values: Readonly<Record<string, unknown>>): RequestContext {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, ([] as unknown[]).concat(value).map(String)]));
}
