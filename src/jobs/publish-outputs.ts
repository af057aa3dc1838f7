import { discardOutputs, publishOutputs, type Staging } from '../channels/index.ts';
import type { StagedOutput } from '../core/staged-output.ts';
import { JobFailure } from '../hosts/index.ts';
import { parseS3Uri } from '../objects/index.ts';
import type { JobOutcome, JobProgress, JobRecord, JobSummary } from '../state/index.ts';
import type { JobsContext } from './context.ts';
import type { JobLife } from './job-life.ts';
import { outputPlaces } from './output-places.ts';

/** What a job has come to, once its outputs are staged. */
export interface StagedResult {
  readonly outcome: JobOutcome;
  /** What is known of the job from then on. */
  readonly facts?: Partial<JobProgress>;
}

/**
 * Stages a job's outputs, commits that these are the ones and how the job ends, and publishes them. Only the job's holder
 * can commit that; from then on, whoever takes the job over publishes the same.
 *
 * @throws what `stage` throws, but for a JobFailure: what was staged by then is published, and the job has failed
 */
export async function commitOutputs(
  life: JobLife,
  stage: (staging: Staging) => Promise<StagedResult>,
): Promise<JobOutcome> {
  const { fence } = life.record.lease;
  const staging: Staging = { owner: stagingOwner(life.record, fence), outputs: [] };
  const { outcome, facts = {} } = await stage(staging).catch(async (error: unknown) => {
    if (error instanceof JobFailure && !life.lost) return failed(error);
    // From the next step on another holder may have to publish them: they stay then.
    await discard(life, fence, staging.outputs, { published: false });
    throw error;
  });
  if (staging.outputs.length > 0) {
    await life.decide({ ...facts, publication: { outputs: staging.outputs, outcome } });
    await publishDecided(life);
  } else if (Object.keys(facts).length > 0) await life.note(facts);
  return outcome;
}

/** Publishes what a job's holder, this one or one before, has committed. May be done again. */
export async function publishDecided(life: JobLife): Promise<void> {
  const { record, context, lostSignal } = life;
  if (!record.progress.publication) return;
  await publishOutputs(context.stores, record.progress.publication.outputs, lostSignal);
  // What is left is of attempts that have lost.
  const { outputs } = record.progress.publication;
  for (let fence = record.lease.fence; fence > 0; fence--)
    await discard(life, fence, outputs, { published: true });
}

/** Removes what attempts of a job have staged that will never be published. What cannot be removed now stays, unseen. */
export async function discardAbandoned({ stores }: JobsContext, record: JobRecord): Promise<void> {
  const found = new Set(outputPlaces(record.request).map((uri) => stores.store(parseS3Uri(uri).bucket)));
  for (const store of found)
    for (let fence = record.lease.fence; fence > 0; fence--)
      await store.discardStaged(stagingOwner(record, fence), []).catch(() => undefined);
}

function failed({ failureReason }: JobFailure): StagedResult {
  return { outcome: { status: 'Failed', failureReason } };
}

/** Whose staged outputs are, to a store: an attempt's, by its fence. */
function stagingOwner({ type, name, createdAt }: JobSummary, fence: number): string {
  return `${type}.${name}.${createdAt}.${fence}`;
}

/** What cannot be removed now stays, unseen. */
async function discard(
  life: JobLife,
  fence: number,
  outputs: readonly StagedOutput[],
  how: { readonly published: boolean },
): Promise<void> {
  await discardOutputs(life.context.stores, stagingOwner(life.record, fence), outputs, how).catch(
    () => undefined,
  );
}
