import { setImmediate } from 'node:timers/promises';
import type { SearchRequest, SearchResponse, TrainingJob } from '@aws-sdk/client-sagemaker';
import { describeTrainingJob } from '../../jobs/index.ts';
import { getTags } from '../../state/index.ts';
import { validationError } from '../wire/aws-error.ts';
import { scalarText } from '../wire/scalar-text.ts';
import { withTrainingDefaults } from './describe-training-job.ts';
import { TRAINING } from './job-types.ts';
import type { Operation, OperationContext } from './operation.ts';
import { type PagePosition, readPage } from './pages.ts';
import { tagList, tagSet } from './resource-tags.ts';
import { matchesExpression, readProperty, validateExpression } from './search-filter.ts';
import { propertyKind } from './search-properties.ts';

/** How many jobs are read at a time, so that other requests get their turn. */
const BATCH = 200;

/** A job that was found, and what it is sorted by. */
interface Hit {
  readonly name: string;
  readonly value: string | number;
}

/**
 * Search over training jobs. Hyperparameters, metrics and tags are found as `HyperParameters.<name>`,
 * `Metrics.<name>` and `Tags.<key>`. Gaps: every job is read, so that a search of very many takes seconds; the other
 * resources of SageMaker are not searched. Jobs of other accounts (CrossAccount) there are none.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html
 */
export const search: Operation<SearchRequest, SearchResponse> = async (input, context) => {
  if (input.Resource !== 'TrainingJob') {
    throw validationError(`Sluice searches the Resource TrainingJob, not ${input.Resource}.`);
  }
  validateExpression(input.SearchExpression ?? {});
  validateSortBy(input.SortBy);
  const ascending = input.SortOrder === 'Ascending';
  const hits = input.CrossAccountFilterOption === 'CrossAccount' ? [] : await findHits(input, context);
  hits.sort((a, b) => (ascending ? order(a, b) : order(b, a)));
  const { rows, ...page } = await readPage(
    input,
    async (after, limit) => hits.slice(startAfter(hits, after, ascending)).slice(0, limit),
    (hit) => hit,
  );
  const jobs = await Promise.all(rows.map(({ name }) => readJob(context, name)));
  return {
    Results: jobs.filter((job) => job !== undefined).map((job) => ({ TrainingJob: shown(job) })),
    TotalHits: { Value: hits.length, Relation: 'EqualTo' },
    ...page,
  };
};

/** @throws AwsError `ValidationException` */
function validateSortBy(name: string | undefined): void {
  if (name === undefined || !['group', 'map', 'list'].includes(propertyKind(name))) return;
  throw validationError(`SortBy: the property ${name} has parts; name one of them.`);
}

async function findHits(input: SearchRequest, context: OperationContext): Promise<Hit[]> {
  const hits: Hit[] = [];
  const { training } = context.jobs;
  for (let after: PagePosition | undefined; ; await setImmediate()) {
    const records = await training.list({ sortOrder: 'ascending', limit: BATCH, after });
    for (const record of records) {
      const job = await searchable(
        context,
        withTrainingDefaults(describeTrainingJob(record)),
        record.request.Tags,
      );
      if (!matchesExpression(input.SearchExpression ?? {}, job)) continue;
      hits.push({
        name: record.name,
        value: sortValue(readProperty(job, input.SortBy ?? 'LastModifiedTime')),
      });
    }
    const last = records.at(-1);
    if (records.length < BATCH || !last) return hits;
    after = { value: last.createdAt, name: last.name };
  }
}

/** A job with its tags and metrics as maps, as property names address them. */
async function searchable(
  { state }: OperationContext,
  job: object & { readonly TrainingJobArn?: string | undefined },
  createdTags: TrainingJob['Tags'],
) {
  const tags = (await getTags(state, job.TrainingJobArn as string)) ?? tagSet(createdTags);
  const metrics = (job as TrainingJob).FinalMetricDataList ?? [];
  return {
    ...job,
    Tags: tags,
    Metrics: Object.fromEntries(metrics.map((metric) => [metric.MetricName as string, metric.Value])),
  };
}

async function readJob(context: OperationContext, name: string) {
  const record = await TRAINING.service(context.jobs).find(name);
  return (
    record && searchable(context, withTrainingDefaults(describeTrainingJob(record)), record.request.Tags)
  );
}

function shown({
  Metrics: _metrics,
  Tags: tags,
  ...job
}: Awaited<ReturnType<typeof searchable>>): TrainingJob {
  return { ...job, Tags: tagList(tags) };
}

function sortValue(value: unknown): string | number {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value : scalarText(value);
}

function order(a: Hit, b: Hit): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function startAfter(hits: readonly Hit[], after: PagePosition | undefined, ascending: boolean): number {
  if (after === undefined) return 0;
  const index = hits.findIndex((hit) => (ascending ? order(hit, after) > 0 : order(hit, after) < 0));
  return index === -1 ? hits.length : index;
}
