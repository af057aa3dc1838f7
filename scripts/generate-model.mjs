/**
 * Writes `src/server/wire/model/*.gen.ts`: of the service models in botocore, the facts that the server checks and
 * answers by. Only facts are taken: names, types, limits, patterns. Run it when AWS has changed its API, or after
 * adding an operation to the lists below:
 *
 *   node scripts/generate-model.mjs
 *
 * It needs Python's pip, which brings botocore (Apache-2.0) into a temporary directory.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const services = [
  {
    file: 'sagemaker',
    name: 'sagemakerModel',
    data: 'sagemaker/2017-07-24',
    operations: [
      ...verbs(['Create', 'Delete', 'Describe', 'Stop', 'Update'], 'TrainingJob'),
      ...verbs(['Create', 'Delete', 'Describe', 'Stop'], 'ProcessingJob'),
      ...verbs(['Create', 'Describe', 'Stop'], 'TransformJob'),
      ...verbs(['Create', 'Delete', 'Describe'], 'Model'),
      ...verbs(['Create', 'Delete', 'Describe'], 'EndpointConfig'),
      ...verbs(['Create', 'Delete', 'Describe', 'Update'], 'Endpoint'),
      'UpdateEndpointWeightsAndCapacities',
      ...verbs(
        ['List'],
        'TrainingJobs',
        'ProcessingJobs',
        'TransformJobs',
        'Models',
        'EndpointConfigs',
        'Endpoints',
        'Tags',
        'Experiments',
        'Trials',
        'TrialComponents',
      ),
      ...verbs(['Create', 'Delete', 'Describe'], 'Experiment', 'Trial', 'TrialComponent'),
      ...verbs(['Associate', 'Disassociate'], 'TrialComponent'),
      'AddTags',
      'DeleteTags',
      'Search',
    ],
    // What Search finds, for the names of its properties.
    moreShapes: ['TrainingJob'],
  },
  {
    file: 'runtime',
    name: 'runtimeModel',
    data: 'sagemaker-runtime/2017-05-13',
    operations: ['InvokeEndpoint', 'InvokeEndpointWithResponseStream'],
  },
  {
    file: 'logs',
    name: 'logsModel',
    data: 'logs/2014-03-28',
    operations: [
      ...verbs(['Create', 'Delete'], 'LogGroup', 'LogStream'),
      ...verbs(['Describe'], 'LogGroups', 'LogStreams'),
      ...verbs(['Put', 'Delete'], 'RetentionPolicy'),
      ...verbs(['Tag', 'Untag', 'ListTagsFor'], 'Resource'),
      'FilterLogEvents',
      'GetLogEvents',
      'PutLogEvents',
    ],
  },
  {
    file: 'monitoring',
    name: 'monitoringModel',
    data: 'cloudwatch/2010-08-01',
    operations: ['GetMetricData', 'GetMetricStatistics', 'ListMetrics', 'PutMetricData'],
  },
  {
    file: 'scaling',
    name: 'scalingModel',
    data: 'application-autoscaling/2016-02-06',
    operations: [
      ...verbs(['Register', 'Deregister'], 'ScalableTarget'),
      'DescribeScalableTargets',
      ...verbs(['Put', 'Delete'], 'ScalingPolicy'),
      'DescribeScalingPolicies',
      'DescribeScalingActivities',
      ...verbs(['Tag', 'Untag', 'ListTagsFor'], 'Resource'),
    ],
  },
  {
    file: 'ecr',
    name: 'ecrModel',
    data: 'ecr/2015-09-21',
    operations: [
      ...verbs(['Create', 'Delete'], 'Repository'),
      'BatchGetImage',
      'DescribeRepositories',
      'GetAuthorizationToken',
    ],
  },
  {
    file: 'sts',
    name: 'stsModel',
    data: 'sts/2011-06-15',
    operations: ['AssumeRole', 'GetCallerIdentity'],
  },
  {
    file: 'iam',
    name: 'iamModel',
    data: 'iam/2010-05-08',
    operations: [
      ...verbs(['Create', 'Get', 'Delete', 'Update'], 'Role'),
      ...verbs(['Attach', 'Detach', 'Put', 'Get', 'Delete'], 'RolePolicy'),
      ...verbs(['Create', 'Get', 'Delete'], 'Policy'),
      'GetPolicyVersion',
      'ListAttachedRolePolicies',
      'ListInstanceProfilesForRole',
      'ListPolicies',
      'ListPolicyVersions',
      'ListRolePolicies',
      'ListRoles',
      'ListRoleTags',
      'SimulateCustomPolicy',
      'SimulatePrincipalPolicy',
      'TagRole',
      'UntagRole',
      'UpdateAssumeRolePolicy',
    ],
  },
];

const directory = mkdtempSync(join(tmpdir(), 'sluice-botocore-'));
try {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', directory, 'botocore'];
  execFileSync('python3', pip, { stdio: 'inherit' });
  const version = readdirSync(directory).find((name) => /^botocore-.*\.dist-info$/.test(name));
  for (const service of services)
    writeModel(service, version.slice('botocore-'.length, -'.dist-info'.length));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function verbs(names, ...nouns) {
  return nouns.flatMap((noun) => names.map((verb) => verb + noun));
}

function writeModel({ file, name, data, operations, moreShapes = [] }, version) {
  const path = join(directory, 'botocore', 'data', data, 'service-2.json.gz');
  const model = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));
  const lines = [
    `// Written by scripts/generate-model.mjs from botocore ${version}, ${data}. Do not edit.`,
    "import type { ServiceModel } from './service-model.ts';",
    '',
    `export const ${name} = {`,
    `  targetPrefix: ${JSON.stringify(model.metadata.targetPrefix ?? '')},`,
    '  operations: {',
    ...operations.toSorted().map((each) => `    ${each}: ${JSON.stringify(operationFacts(model, each))},`),
    '  },',
    '  otherOperations: [',
    ...otherOperations(model, operations),
    '  ],',
    '  shapes: {',
    ...usedShapes(model, operations, moreShapes).map(
      (each) => `    ${each}: ${JSON.stringify(shapeFacts(model.shapes[each]))},`,
    ),
    '  },',
    '} as const satisfies ServiceModel;',
    '',
  ];
  const target = join(import.meta.dirname, '..', 'src', 'server', 'wire', 'model', `${file}.gen.ts`);
  writeFileSync(target, lines.join('\n'));
  console.log(`${target}: ${operations.length} operations`);
}

function operationFacts(model, name) {
  const { input, output, errors } = model.operations[name];
  return {
    ...(input && { input: input.shape }),
    ...(output && { output: Object.keys(model.shapes[output.shape].members) }),
    ...(errors && { errors: errors.map((error) => error.shape) }),
  };
}

function otherOperations(model, served) {
  const others = Object.keys(model.operations).filter((name) => !served.includes(name));
  return others.map((name) => `    '${name}',`);
}

/** The shapes that the inputs of the operations and some more are made of, sorted. */
function usedShapes(model, operations, more) {
  const used = new Set();
  const visit = (name) => {
    if (used.has(name)) return;
    used.add(name);
    const shape = model.shapes[name];
    for (const part of [shape.member, shape.key, shape.value, ...Object.values(shape.members ?? {})]) {
      if (part) visit(part.shape);
    }
  };
  for (const name of operations) if (model.operations[name].input) visit(model.operations[name].input.shape);
  more.forEach(visit);
  return [...used].sort((a, b) => (a < b ? -1 : 1));
}

function shapeFacts(shape) {
  return {
    type: shape.type,
    ...(shape.members && { members: mapValues(shape.members, (member) => member.shape) }),
    ...(shape.required && { required: shape.required }),
    ...(shape.member && { member: shape.member.shape }),
    ...(shape.key && { key: shape.key.shape }),
    ...(shape.value && { value: shape.value.shape }),
    ...(shape.min !== undefined && { min: shape.min }),
    ...(shape.max !== undefined && { max: shape.max }),
    ...(shape.pattern && { pattern: shape.pattern }),
    ...(shape.enum && { enum: shape.enum }),
    ...(shape.sensitive && { sensitive: true }),
  };
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
