/**
 * Writes `docs/aws-api.md` from the code: what is served of each service, and how faithful it is, in the words of the
 * modules themselves. With `--check` it only says whether the page is up to date. Needs Node 24.
 *
 *   node scripts/generate-api-page.mjs
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bucketConfigurations } from '../src/server/s3/bucket-configurations.ts';
import { operations } from '../src/server/s3/operations.ts';
import { ecrModel } from '../src/server/wire/model/ecr.gen.ts';
import { iamModel } from '../src/server/wire/model/iam.gen.ts';
import { logsModel } from '../src/server/wire/model/logs.gen.ts';
import { monitoringModel } from '../src/server/wire/model/monitoring.gen.ts';
import { sagemakerModel } from '../src/server/wire/model/sagemaker.gen.ts';
import { scalingModel } from '../src/server/wire/model/scaling.gen.ts';
import { stsModel } from '../src/server/wire/model/sts.gen.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'aws-api.md');
const text = [
  '# What `sluice serve` answers',
  '',
  '<!-- Written by scripts/generate-api-page.mjs from the code. Do not edit. -->',
  '',
  'One port answers as SageMaker and its Runtime, S3, CloudWatch Logs, CloudWatch, Application Auto Scaling, ECR, STS and IAM do. Set `AWS_ENDPOINT_URL` to it, and the AWS CLI, boto3 and the AWS SDKs talk to it. The notes are what is known to differ, and where a text is not known to be AWS’s; the services were not held against the real ones, so that there will be more.',
  '',
  '## SageMaker',
  '',
  'Every request is checked against the limits of the service model, and answered in AWS’s words where they are known:',
  '',
  ...bullets('src/server/wire/parse-input.ts', 'src/server/wire/validate-input.ts'),
  '',
  '| Operation | Notes |',
  '|---|---|',
  ...Object.keys(sagemakerModel.operations).map(operationRow),
  '',
  `The other ${sagemakerModel.otherOperations.length} operations of SageMaker answer \`UnknownOperationException\` with a message that says they are not served.`,
  '',
  '## SageMaker Runtime',
  '',
  '`InvokeEndpoint` and `InvokeEndpointWithResponseStream`.',
  '',
  ...bullets(
    'src/server/runtime/runtime.ts',
    'src/server/runtime/staged-invocation.ts',
    'src/jobs/endpoints/models/model-cache.ts',
    'src/server/runtime/runtime-error.ts',
  ),
  '',
  '## S3',
  '',
  'Objects are plain files of the home, one account owns them all, and none has versions. Errors have S3’s codes, messages and details.',
  '',
  ...bullets(
    'src/server/s3/object-settings.ts',
    'src/server/s3/refused-headers.ts',
    'src/server/s3/operation-name.ts',
  ),
  '',
  '| Operation | Notes |',
  '|---|---|',
  ...Object.entries(operations).flatMap(s3Row),
  '',
  'What is set of a bucket:',
  '',
  '| Operations | A document that is put |',
  '|---|---|',
  ...Object.values(bucketConfigurations).map(configurationRow),
  '',
  '## CloudWatch Logs',
  '',
  `${names(logsModel)}, over the logs of jobs and endpoints and over the groups that scripts create.`,
  '',
  ...bullets(
    'src/server/logs/logs.ts',
    'src/server/logs/groups.ts',
    'src/server/logs/put-log-events.ts',
    'src/server/logs/describe-log-streams.ts',
    'src/server/logs/filter-log-events.ts',
    'src/server/logs/filter-pattern.ts',
  ),
  '',
  '## CloudWatch',
  '',
  `${names(monitoringModel)}: for each host of a job \`CPUUtilization\` and \`MemoryUtilization\` (namespaces \`/aws/sagemaker/TrainingJobs\`, \`…/ProcessingJobs\`, \`…/TransformJobs\`, dimension \`Host\`), for a training job the metrics that its definitions find (dimension \`TrainingJobName\`), and for an endpoint \`Invocations\`, \`InvocationsPerInstance\`, \`Invocation4XXErrors\`, \`Invocation5XXErrors\`, \`InvocationModelErrors\`, \`ModelLatency\` and \`OverheadLatency\` (namespace \`AWS/SageMaker\`, dimensions \`EndpointName\` and \`VariantName\`).`,
  '',
  ...bullets(
    'src/server/monitoring/monitoring.ts',
    'src/server/monitoring/get-metric-data.ts',
    'src/jobs/endpoints/endpoint-metrics.ts',
  ),
  '',
  '## Application Auto Scaling',
  '',
  `${names(scalingModel)}, for the variants of endpoints.`,
  '',
  ...bullets(
    'src/server/scaling/scaling.ts',
    'src/server/scaling/scalable-targets.ts',
    'src/server/scaling/scaling-policies.ts',
    'src/server/scaling/scaling-activities.ts',
    'src/jobs/endpoints/scaling/plan-scaling.ts',
  ),
  '',
  '## ECR',
  '',
  `${names(ecrModel)}, as far as programs ask for an image before they name it.`,
  '',
  ...bullets('src/server/ecr/ecr.ts', 'src/server/ecr/images.ts'),
  '',
  '## STS and IAM',
  '',
  `STS: ${names(stsModel)}. IAM: ${names(iamModel)}. [Roles](roles.md) says what comes of them.`,
  '',
  ...bullets('src/server/identity/sts.ts', 'src/server/identity/iam.ts'),
  '',
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/aws-api.md is not what the code says: node scripts/generate-api-page.mjs');
  process.exitCode = 1;
}

/** The operations that are served: `A`, `B` and `C`. */
function names({ operations }) {
  const all = Object.keys(operations).map((name) => `\`${name}\``);
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

function operationRow(name) {
  const file = `${kebab(name)}.ts`;
  const own = comments(`src/server/operations/${file}`).map((each) => each.replace(/@see .*/, '').trim());
  const rules = `src/server/validations/${file}`;
  const gaps = existsSync(join(root, rules)) ? comments(rules).flatMap(sections) : [];
  const notes = [...own, ...gaps].filter(Boolean).join(' ');
  return `| \`${name}\` | ${notes || '–'} |`;
}

/** A row for one operation of S3, with what the file that holds it says; none for the configurations, which have a table. */
function s3Row([name, operation]) {
  if (name.endsWith('BucketConfiguration')) return [];
  const source = readFileSync(join(root, 'src/server/s3/operations.ts'), 'utf8');
  const file = [...source.matchAll(/import \{([^}]*)\} from '\.\/(operations\/[\w-]+\.ts)'/g)].find(
    ([, names]) => names.split(/[\s,]+/).includes(operation.name),
  )[2];
  const shown = name.endsWith('Acl')
    ? `${name.slice(0, 3)}BucketAcl\`, \`${name.slice(0, 3)}ObjectAcl`
    : name;
  return `| \`${shown}\` | ${
    bullets(`src/server/s3/${file}`)
      .join(' ')
      .replaceAll(/(^| )- /g, '$1') || '–'
  } |`;
}

function configurationRow({ name, deletable, effect }) {
  const verbs = ['Get', 'Put', ...(deletable ? ['Delete'] : [])];
  // S3's own exception.
  const shown = verbs.map((verb) =>
    verb === 'Delete' ? name.replace('LifecycleConfiguration', 'Lifecycle') : name,
  );
  return `| ${verbs.map((verb, index) => `\`${verb}${shown[index]}\``).join(', ')} | ${effect} |`;
}

/** What the modules say under Gaps and By design. */
function bullets(...files) {
  return files.flatMap((file) => comments(file).flatMap(sections)).map((each) => `- ${each}`);
}

function sections(comment) {
  const parts = comment.replace(/@\w+ .*/, '').split(/(?=\b(?:Source|Gaps|By design): )/);
  return parts
    .filter((part) => /^(Gaps|By design): /.test(part))
    .map((part) => part.replace(/^(Gaps|By design): /, '').trim())
    .map(capitalised);
}

function capitalised(sentence) {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** The comments of a file that stand at its beginning or before an export. */
function comments(file) {
  const source = readFileSync(join(root, file), 'utf8');
  const found = source.matchAll(
    /(?:^|\n)\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n(?:export (?:const|async function|function)|import)/g,
  );
  return [...found].map(([, body]) => body.replace(/\n \*/g, ' ').replace(/\s+/g, ' ').trim());
}

function kebab(name) {
  return name.replace(/[a-z](?=[A-Z])/g, '$&-').toLowerCase();
}
