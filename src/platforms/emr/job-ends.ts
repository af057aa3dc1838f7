import { SluiceError } from '../../core/errors.ts';
import type { PropertyFile } from '../../graph/index.ts';
import { type ObjectStore, readSmall } from '../../objects/index.ts';
import { isTerminal, type JobStatus } from '../platform.ts';
import { readPropertyFiles } from '../response/property-files.ts';
import { withException } from '../response/with-exception.ts';
import { emrLogLines } from './emr-logs.ts';
import type { EmrRef } from './emr-ref.ts';
import { emrStatus, type SubmittedJob } from './emr-status.ts';
import type { EmrJob, EmrTarget } from './emr-target.ts';

/** What a job was submitted with, as a document in S3 keeps it: any process finds it by a property of the job. */
export interface JobDocument extends SubmittedJob {
  readonly outputs: Readonly<Record<string, string>>;
  readonly propertyFiles: Readonly<Record<string, PropertyFile>>;
}

/** How many of the last lines of a log a failure shows. */
const LOG_TAIL_LINES = 20;
/** No document is longer. Bytes. */
const MAX_DOCUMENT_BYTES = 1 << 20;

/** Where what a job has left is looked for. */
interface EndPlaces {
  readonly store: ObjectStore;
  readonly target: EmrTarget;
}

/** The status of a job; once it has ended, with its outputs, or the end of its log. */
export async function endOf(places: EndPlaces, ref: EmrRef, job: EmrJob | Error): Promise<JobStatus | Error> {
  if (job instanceof Error) return job;
  if (!isTerminal(job)) return emrStatus(job, undefined);
  const document = await readDocument(places.store, job);
  const status = emrStatus(job, document);
  if (status.phase === 'failed') return withLog(places, ref, job, status);
  if (status.phase !== 'succeeded' || !document) return status;
  return withPropertyFiles(places.store, status, document);
}

async function withPropertyFiles(
  store: ObjectStore,
  status: JobStatus,
  { propertyFiles }: JobDocument,
): Promise<JobStatus> {
  try {
    const values = await readPropertyFiles(propertyFiles, status.outputs, { store: () => store });
    return { ...status, outputs: { ...status.outputs, ...values } };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.fault === 'system') throw error;
    return { ...status, phase: 'failed', fault: 'user', message: error.message, outputs: {} };
  }
}

/** A log that is not there yet, or out of reach, is no matter of the status. */
async function withLog(
  { store, target }: EndPlaces,
  ref: EmrRef,
  job: EmrJob,
  status: JobStatus,
): Promise<JobStatus> {
  try {
    const files = await target.logFiles(ref, job);
    const tail: string[] = [];
    for await (const { message } of emrLogLines({ store, files, hasEnded: async () => true })) {
      tail.push(message);
      if (tail.length > LOG_TAIL_LINES) tail.shift();
    }
    return tail.length === 0 ? status : { ...withException(status, tail), logTail: tail };
  } catch {
    return status;
  }
}

async function readDocument(store: ObjectStore, { jobUri }: EmrJob): Promise<JobDocument | undefined> {
  if (jobUri === undefined) return undefined;
  const bytes = await readSmall(store, jobUri, MAX_DOCUMENT_BYTES);
  if (!bytes || bytes.length > MAX_DOCUMENT_BYTES) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as JobDocument;
  } catch {
    return undefined;
  }
}
