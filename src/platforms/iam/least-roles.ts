/**
 * The least that each role of a deployment needs: Flyte's Propeller and its pods, SageMaker's jobs, the role that makes
 * jobs, the one of another account, and the router's.
 *
 * Source of the actions: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html and the service
 * authorization reference. Without a workflow at hand, they are what any job of the enabled platforms may need.
 */
import { partitionOf } from '../../contract/arns.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import {
  defaultBucketOf,
  type PolicyJson,
  policyJson,
  type StatementJson,
  trustOf,
  trustService,
} from './policy-json.ts';
import type { RoleNeeds } from './role-needs.ts';

/** A role as it should be. */
export interface LeastRole {
  /** `propeller`, `sagemaker-execution`, … */
  readonly role: RoleKind;
  readonly name: string;
  readonly description: string;
  /** The file that `--out` writes its trust policy into. */
  readonly trustFile: string;
  readonly trustPolicy: PolicyJson;
  readonly policyName: string;
  readonly policyFile: string;
  readonly policy: PolicyJson;
}

/** The roles, by who has them. */
export type RoleKind =
  | 'propeller'
  | 'flyte-execution'
  | 'sagemaker-execution'
  | 'sagemaker-service'
  | 'cross-account'
  | 'router';

/** For which account, region and platforms. */
export interface LeastRolesOptions {
  readonly needs: RoleNeeds;
  readonly platforms: PlatformsSettings;
  /** Twelve digits, or what stands for them. */
  readonly account: string;
  readonly region: string;
}

const NOUNS = {
  training: 'TrainingJob',
  processing: 'ProcessingJob',
  batch_transform: 'TransformJob',
  endpoint: 'Endpoint',
} as const;
const ARN_WORDS = {
  training: 'training-job',
  processing: 'processing-job',
  batch_transform: 'transform-job',
  endpoint: 'endpoint',
} as const;
const LOG_GROUPS = {
  training: 'TrainingJobs',
  processing: 'ProcessingJobs',
  batch_transform: 'TransformJobs',
  endpoint: 'Endpoints',
} as const;
const JOB_TYPES = ['training', 'processing', 'batch_transform'] as const;

/** The six roles. Pure. */
export function leastRoles(options: LeastRolesOptions): LeastRole[] {
  const { platforms, account, region } = options;
  const iam = `arn:${partitionOf(region)}:iam::${account}`;
  const execution = executionRole(options);
  const other = platforms.sagemaker?.assumeRole;
  const crossName = other?.arn.split('/').at(-1) ?? 'SageMakerCrossAccountRole';
  const control = controlStatements(options, execution);
  const role = (
    kind: RoleKind,
    name: string,
    description: string,
    rest: Omit<LeastRole, 'role' | 'name' | 'description'>,
  ) => ({ role: kind, name, description, ...rest }) satisfies LeastRole;
  return [
    role('sagemaker-execution', execution.split('/').at(-1) as string, "SageMaker's jobs run as this role", {
      trustFile: 'sagemaker-execution-role-trust-policy.json',
      trustPolicy: trustService('sagemaker.amazonaws.com'),
      policyName: 'SageMakerCustomPolicy',
      policyFile: 'sagemaker-custom-policy.json',
      policy: policyJson(jobStatements(options)),
    }),
    role('propeller', 'FlytePropellerRole', 'Makes, watches and stops jobs', {
      trustFile: 'flyte-propeller-role-trust-policy.json',
      trustPolicy: trustService('pods.eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
      policyName: 'SageMakerAccess',
      policyFile: 'flyte-sagemaker-access-policy.json',
      policy: policyJson([
        ...control,
        ...(other ? [{ Effect: 'Allow' as const, Action: ['sts:AssumeRole'], Resource: [other.arn] }] : []),
      ]),
    }),
    role('flyte-execution', 'FlyteExecutionRole', "The pods of Flyte's tasks run as this role", {
      trustFile: 'flyte-execution-role-trust-policy.json',
      trustPolicy: trustService('pods.eks.amazonaws.com', ['sts:AssumeRole', 'sts:TagSession']),
      policyName: 'FlyteExecution',
      policyFile: 'flyte-execution-policy.json',
      policy: policyJson([...dataStatements(options), describeStatement(options)]),
    }),
    role('sagemaker-service', 'SageMakerServiceRole', 'May make jobs; assumed by who makes them', {
      trustFile: 'sagemaker-service-role-trust-policy.json',
      trustPolicy: trustOf([`${iam}:role/FlytePropellerRole`]),
      policyName: 'SageMakerService',
      policyFile: 'sagemaker-service-policy.json',
      policy: policyJson(control),
    }),
    role('cross-account', crossName, 'Assumed from another account to make jobs in this one', {
      trustFile: 'cross-account-role-trust-policy.json',
      trustPolicy: trustOf([`${iam}:role/FlytePropellerRole`], other?.externalId),
      policyName: 'CrossAccountSageMaker',
      policyFile: 'cross-account-policy.json',
      policy: policyJson(control),
    }),
    role(
      'router',
      'SluiceRouterRole',
      'Chooses where jobs run: prices, sizes of data, and every enabled platform',
      {
        trustFile: 'sluice-router-role-trust-policy.json',
        trustPolicy: trustOf([`${iam}:root`]),
        policyName: 'SluiceRouter',
        policyFile: 'sluice-router-policy.json',
        policy: policyJson(routerStatements(options, control)),
      },
    ),
  ];
}

function executionRole({ needs, account, region }: LeastRolesOptions): string {
  return needs.passed[0] ?? `arn:${partitionOf(region)}:iam::${account}:role/SageMakerExecutionRole`;
}

function jobTypesOf({ needs }: LeastRolesOptions) {
  return needs.jobTypes.length > 0 ? needs.jobTypes : JOB_TYPES;
}

/** What a job does as its role: data, image, logs. */
function jobStatements(options: LeastRolesOptions): StatementJson[] {
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
function dataStatements(options: LeastRolesOptions): StatementJson[] {
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

/** Making, watching and stopping jobs. */
function controlStatements(options: LeastRolesOptions, execution: string): StatementJson[] {
  const { needs, region, account } = options;
  const known = needs.jobTypes.length > 0;
  const partition = partitionOf(region);
  const passed = needs.passed.length > 0 ? [...needs.passed] : [execution];
  if (!known) return [everyJob(), { Effect: 'Allow', Action: ['iam:PassRole'], Resource: passed }];
  const types = jobTypesOf(options);
  const arn = (word: string) => `arn:${partition}:sagemaker:${region}:${account}:${word}/*`;
  const verbs = (noun: string, names: readonly string[]) => names.map((verb) => `sagemaker:${verb}${noun}`);
  return [
    {
      Effect: 'Allow',
      Action: [
        ...types.flatMap((type) =>
          verbs(NOUNS[type], [
            'Create',
            'Describe',
            ...(type === 'endpoint' ? ['Update', 'Delete'] : ['Stop']),
          ]),
        ),
        'sagemaker:AddTags',
      ],
      Resource: types.map((type) => arn(ARN_WORDS[type])),
    },
    { Effect: 'Allow', Action: types.map((type) => `sagemaker:List${NOUNS[type]}s`), Resource: '*' },
    ...(types.includes('endpoint') ? endpointStatements(arn) : []),
    ...(types.includes('batch_transform') || types.includes('endpoint')
      ? [
          {
            Effect: 'Allow' as const,
            Action: verbs('Model', ['Create', 'Describe', 'Delete']),
            Resource: [arn('model')],
          },
        ]
      : []),
    {
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: passed,
      Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    },
    ...dataStatements(options),
    {
      Effect: 'Allow',
      Action: ['logs:DescribeLogStreams', 'logs:GetLogEvents', 'logs:FilterLogEvents'],
      Resource: types.map(
        (type) => `arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/${LOG_GROUPS[type]}*`,
      ),
    },
  ];
}

/** What endpoints have beside themselves: configurations, which creating one needs the right to, and scaling. */
function endpointStatements(arn: (word: string) => string): StatementJson[] {
  const config = ['Create', 'Describe', 'Delete'].map((verb) => `sagemaker:${verb}EndpointConfig`);
  // What a step is to be scaled by, and that it was cancelled, is noted there.
  const tags = ['sagemaker:AddTags', 'sagemaker:ListTags'];
  const scaling = [
    'RegisterScalableTarget',
    'PutScalingPolicy',
    'DeregisterScalableTarget',
    'DescribeScalableTargets',
    'DescribeScalingPolicies',
  ];
  return [
    {
      Effect: 'Allow',
      Action: [...config, ...tags, 'sagemaker:CreateEndpoint', 'sagemaker:UpdateEndpoint'],
      Resource: [arn('endpoint-config')],
    },
    { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource: [arn('endpoint')] },
    { Effect: 'Allow', Action: scaling.map((verb) => `application-autoscaling:${verb}`), Resource: '*' },
  ];
}

/** Without a workflow at hand: every job, model and endpoint. */
function everyJob(): StatementJson {
  const endpoint = ['Model', 'Endpoint', 'EndpointConfig'];
  const jobs = ['TrainingJob', 'ProcessingJob', 'TransformJob'];
  const verbs = (verb: string, nouns: readonly string[]) => nouns.map((noun) => `sagemaker:${verb}${noun}`);
  return {
    Effect: 'Allow',
    Action: [
      ...verbs('Create', [...jobs, ...endpoint]),
      ...verbs('Describe', [...jobs, ...endpoint]),
      ...verbs('Stop', jobs),
      ...verbs('Delete', ['Endpoint', 'EndpointConfig', 'Model']),
    ],
    Resource: '*',
  };
}

function describeStatement(options: LeastRolesOptions): StatementJson {
  const { region, account } = options;
  const types = jobTypesOf(options);
  return {
    Effect: 'Allow',
    Action: types.map((type) => `sagemaker:Describe${NOUNS[type]}`),
    Resource: types.map(
      (type) => `arn:${partitionOf(region)}:sagemaker:${region}:${account}:${ARN_WORDS[type]}/*`,
    ),
  };
}

function routerStatements(
  { platforms, region, account }: LeastRolesOptions,
  control: readonly StatementJson[],
): StatementJson[] {
  const { batch, emr, sagemaker } = platforms;
  const partition = partitionOf(region);
  const any = !sagemaker && !batch && !emr;
  const allow = (Action: readonly string[], Resource: string | readonly string[]): StatementJson => ({
    Effect: 'Allow',
    Action,
    Resource,
  });
  const application = emr?.applicationId ?? '*';
  const roles = [batch?.executionRole, batch?.jobRole, emr?.executionRole].filter(
    (role) => role !== undefined,
  );
  return [
    allow(['pricing:GetProducts', 'ec2:DescribeSpotPriceHistory'], '*'),
    ...(sagemaker || any ? control : []),
    ...(batch
      ? [
          allow(
            ['batch:SubmitJob'],
            [
              `arn:${partition}:batch:${region}:${account}:job-queue/${batch.jobQueue ?? '*'}`,
              `arn:${partition}:batch:${region}:${account}:job-definition/*`,
            ],
          ),
          allow(
            ['batch:DescribeJobs', 'batch:ListJobs', 'batch:RegisterJobDefinition', 'batch:TerminateJob'],
            '*',
          ),
        ]
      : []),
    ...(emr?.clusterId === undefined && emr
      ? [
          allow(
            [
              'emr-serverless:StartJobRun',
              'emr-serverless:GetJobRun',
              'emr-serverless:CancelJobRun',
              'emr-serverless:ListJobRuns',
            ],
            `arn:${partition}:emr-serverless:${region}:${account}:/applications/${application}*`,
          ),
        ]
      : []),
    ...(emr?.clusterId === undefined
      ? []
      : [
          allow(
            [
              'elasticmapreduce:AddJobFlowSteps',
              'elasticmapreduce:DescribeStep',
              'elasticmapreduce:CancelSteps',
              'elasticmapreduce:ListSteps',
            ],
            `arn:${partition}:elasticmapreduce:${region}:${account}:cluster/${emr.clusterId}`,
          ),
        ]),
    ...(roles.length > 0 ? [allow(['iam:PassRole'], roles)] : []),
  ];
}
