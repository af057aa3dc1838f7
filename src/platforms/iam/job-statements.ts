import { partitionOf } from '../../contract/arns.ts';
import { jobTypesOf, LOG_GROUPS } from './job-words.ts';
import { defaultBucketOf, type StatementJson } from './policy-json.ts';
import type { LeastRolesOptions } from './roles-options.ts';

/** What a job does as its role: data, image, logs. */
export function jobStatements(options: LeastRolesOptions): StatementJson[] {
  const { needs, region, account } = options;
  const partition = partitionOf(region);
  const known = needs.jobTypes.length > 0;
  const layers = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'];
  const repositories = needs.images.map(
    (image) =>
      `arn:${partitionOf(image.region)}:ecr:${image.region}:${image.account}:repository/${image.repository}`,
  );
  const groups = known
    ? jobTypesOf(options).map(
        (type) => `arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/${LOG_GROUPS[type]}*`,
      )
    : `arn:${partition}:logs:*:*:log-group:/aws/sagemaker/*`;
  return [
    ...dataStatements(options),
    ...(repositories.length > 0
      ? [
          { Effect: 'Allow' as const, Action: ['ecr:GetAuthorizationToken'], Resource: '*' },
          { Effect: 'Allow' as const, Action: layers, Resource: repositories },
        ]
      : [{ Effect: 'Allow' as const, Action: ['ecr:GetAuthorizationToken', ...layers], Resource: '*' }]),
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: groups,
    },
    ...(needs.metrics ? [metricStatement()] : []),
    ...(needs.keys.length > 0
      ? [
          {
            Effect: 'Allow' as const,
            Action: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'],
            Resource: [...needs.keys],
          },
        ]
      : []),
    ...(needs.inVpc ? [vpcStatement()] : []),
  ];
}

function metricStatement(): StatementJson {
  return {
    Effect: 'Allow',
    Action: ['cloudwatch:PutMetricData'],
    Resource: '*',
    Condition: { StringLike: { 'cloudwatch:namespace': '/aws/sagemaker/*' } },
  };
}

function vpcStatement(): StatementJson {
  const verbs = [
    'CreateNetworkInterface',
    'CreateNetworkInterfacePermission',
    'DeleteNetworkInterface',
    'DeleteNetworkInterfacePermission',
    'DescribeNetworkInterfaces',
    'DescribeVpcs',
    'DescribeDhcpOptions',
    'DescribeSubnets',
    'DescribeSecurityGroups',
  ];
  return { Effect: 'Allow', Action: verbs.map((verb) => `ec2:${verb}`), Resource: '*' };
}

/** Reading and writing objects: by prefix where workflows are at hand, else by bucket. */
export function dataStatements(options: LeastRolesOptions): StatementJson[] {
  const { needs, region } = options;
  const s3 = `arn:${partitionOf(region)}:s3:::`;
  const own = defaultBucketOf(options);
  if (needs.jobTypes.length === 0) {
    const buckets = bucketsOf([...needs.reads, ...needs.writes]);
    return [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket'],
        Resource: (buckets.length > 0 ? buckets : [own]).flatMap((bucket) => [
          `${s3}${bucket}`,
          `${s3}${bucket}/*`,
        ]),
      },
    ];
  }
  // Code, models and what goes from step to step is in the default bucket.
  const reads = [...needs.reads, ...needs.writes, `s3://${own}/`];
  const writes = [...needs.writes, `s3://${own}/`];
  const objects = (uris: readonly string[]) =>
    [...new Set(uris.map((uri) => `${s3}${uri.slice('s3://'.length)}*`))].sort();
  return [
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: bucketsOf(reads).map((bucket) => `${s3}${bucket}`),
    },
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: objects(reads) },
    { Effect: 'Allow', Action: ['s3:PutObject'], Resource: objects(writes) },
  ];
}

function bucketsOf(uris: readonly string[]): string[] {
  return [...new Set(uris.map((uri) => uri.slice('s3://'.length).split('/', 1)[0] as string))].sort();
}
