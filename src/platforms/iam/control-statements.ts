import { partitionOf } from '../../contract/arns.ts';
import { dataStatements } from './job-statements.ts';
import { ARN_WORDS, jobTypesOf, LOG_GROUPS, NOUNS } from './job-words.ts';
import type { StatementJson } from './policy-json.ts';
import type { LeastRolesOptions } from './roles-options.ts';

/** Making, watching and stopping jobs. */
export function controlStatements(options: LeastRolesOptions, execution: string): StatementJson[] {
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

/** Watching jobs. */
export function describeStatement(options: LeastRolesOptions): StatementJson {
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
