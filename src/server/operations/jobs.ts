import { resourceArn } from '../../contract/arns.ts';
import { SluiceError } from '../../core/errors.ts';
import { isEnded, type JobRecord, type JobSummary } from '../../jobs/index.ts';
import type { JobState } from '../../state/index.ts';
import { AwsError, validationError } from '../wire/aws-error.ts';
import type { JobTypeOperations } from './job-types.ts';
import type { OperationContext } from './operation.ts';
import { type ListInput, type Page, readListPage } from './pages.ts';

/** The members that all List operations of jobs take. */
export type ListJobsInput = ListInput<JobState>;

/** Starts a job; answers with its ARN. @throws AwsError `ResourceInUse`, `ValidationException` */
export async function startJob<Request>(
  { account, jobs }: OperationContext,
  kind: JobTypeOperations<Request, unknown>,
  name: string,
  request: Request,
): Promise<string> {
  try {
    return await kind.service(jobs).start(request);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'JobNameTaken') throw error;
    throw new AwsError('ResourceInUse', kind.nameTaken(resourceArn(account, kind.resource, name)));
  }
}

/** A job by its name. @throws AwsError `ValidationException` */
export async function findJob<Request>(
  { jobs }: OperationContext,
  kind: JobTypeOperations<Request, unknown>,
  name: string,
): Promise<JobRecord<Request>> {
  const record = await kind.service(jobs).find(name);
  if (record) return record;
  throw validationError(kind.notFound(name));
}

/** What Describe answers for a job. @throws AwsError `ValidationException` */
export async function describeJob<Request, Description>(
  { jobs }: OperationContext,
  kind: JobTypeOperations<Request, Description>,
  name: string,
): Promise<Description> {
  try {
    return await kind.service(jobs).describe(name);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'JobNotFound') throw error;
    throw validationError(kind.notFound(name));
  }
}

/** Asks a job to stop. One that is stopping already is no error. @throws AwsError `ValidationException` */
export async function stopJob<Request>(
  context: OperationContext,
  kind: JobTypeOperations<Request, unknown>,
  name: string,
): Promise<void> {
  const record = await findJob(context, kind, name);
  if (isEnded(record.status)) {
    throw validationError(
      `The request was rejected because the ${kind.type} job is in status ${record.status}.`,
    );
  }
  await kind.service(context.jobs).stop(name);
}

/** Removes a job that has ended, with its logs. @throws AwsError `ResourceNotFound`, `ResourceInUse` */
export async function deleteJob<Request>(
  context: OperationContext,
  kind: JobTypeOperations<Request, unknown>,
  name: string,
): Promise<void> {
  const record = await kind.service(context.jobs).find(name);
  if (!record) throw new AwsError('ResourceNotFound', kind.notFound(name));
  if (!(await kind.service(context.jobs).remove(record))) {
    const message = `The request was rejected because the ${kind.type} job is in status ${record.status}.`;
    throw new AwsError('ResourceInUse', message);
  }
}

/** One page of jobs. @throws AwsError `ValidationException` */
export function listJobs<Request>(
  { jobs }: OperationContext,
  kind: JobTypeOperations<Request, unknown>,
  input: ListJobsInput,
): Promise<Page<JobRecord<Request>>> {
  return readListPage(input, (filter) => kind.service(jobs).list(filter), kind.listOrder);
}

/** As {@link listJobs}, without what the jobs were asked and have come to: several times as fast. */
export function listJobSummaries<Request>(
  { jobs }: OperationContext,
  kind: JobTypeOperations<Request, unknown>,
  input: ListJobsInput,
): Promise<Page<JobSummary>> {
  return readListPage(input, (filter) => kind.service(jobs).listSummaries(filter), kind.listOrder);
}

/** The end of a job as a summary has it. */
export function endTime({ endedAt }: JobSummary): Date | undefined {
  return endedAt === undefined ? undefined : new Date(endedAt);
}
