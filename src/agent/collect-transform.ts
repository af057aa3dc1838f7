import { join } from 'node:path';
import type { TransformDocument } from '../contract/agent-document.ts';
import { UPLOAD_SECONDS } from '../contract/agent-places.ts';
import type { AgentResult } from '../contract/agent-result.ts';
import { TRANSFORM_ALGORITHM_ERROR } from '../contract/failure-reason.ts';
import {
  createServerAgent,
  duringStage,
  HEALTHY_WITHIN_MS,
  JobFailure,
  stageAnswers,
  type TransformResult,
  transformObjects,
  waitUntilHealthy,
} from '../hosts/index.ts';
import { type AgentJob, lifeOf } from './agent-job.ts';
import { type Conclusion, failed, publishAll, writeResult } from './conclude.ts';
import { expectedOf, type HostRecord, lookForRecords, readRecords, writeRecord } from './host-record.ts';

/** Sends this host's share of the objects through the model that its other container serves, and uploads the answers. */
export async function collectTransform(
  job: AgentJob,
): Promise<Pick<AgentResult, 'status' | 'failureReason'>> {
  const document = job.document as TransformDocument;
  const conclusion = await transformShare(job, document).catch((error: unknown) =>
    job.stopping.signal.aborted ? ({ status: 'Stopped' } as const) : failed(error),
  );
  const own = recordOf(job, conclusion);
  if (job.settings.isArray) return concludeArray(job, own, conclusion);
  if (job.host.index > 0) {
    await writeRecord(job, own);
    return conclusion;
  }
  try {
    const records = [own, ...(await readRecords(job, (document.hostsSeconds ?? UPLOAD_SECONDS) * 1000))];
    return await writeResult(job, conclusionOf(records), records);
  } catch (error) {
    return writeResult(job, failed(error), [own]);
  }
}

/** Hosts that may run one after the other do not wait for each other: who finds all records there writes the result. */
async function concludeArray(job: AgentJob, own: HostRecord, conclusion: Conclusion): Promise<Conclusion> {
  await writeRecord(job, own);
  const others = await lookForRecords(job);
  if (others) await writeResult(job, conclusionOf([own, ...others]), [own, ...others]);
  return conclusion;
}

async function transformShare(
  job: AgentJob,
  { request, uploadSeconds = UPLOAD_SECONDS }: TransformDocument,
): Promise<Conclusion> {
  const life = lifeOf(job, request);
  const { servingPort: port } = job.settings;
  const agent = createServerAgent();
  const server = { host: job.host, ports: [port], agent };
  const { signal } = job.stopping;
  let result: TransformResult;
  try {
    const last = await waitUntilHealthy({ agent, port, withinMs: HEALTHY_WITHIN_MS, signal });
    signal.throwIfAborted();
    if (last !== undefined) {
      job.note(`The model server did not come to answer /ping: ${last}`);
      throw new JobFailure(TRANSFORM_ALGORITHM_ERROR);
    }
    const directory = join(job.settings.directory, 'answers');
    result = await transformObjects({ life, server, count: job.hosts.length, directory, signal });
  } finally {
    agent.destroy();
  }
  const { transformed, failureReason } = result;
  return publishAll(job, AbortSignal.timeout(uploadSeconds * 1000), async (staging) => {
    await duringStage('Output upload failed', () => stageAnswers(life, transformed, staging));
    return failureReason === undefined ? { status: 'Completed' } : { status: 'Failed', failureReason };
  });
}

function recordOf(job: AgentJob, { status, failureReason }: Conclusion): HostRecord {
  const { attempt, digest } = expectedOf(job);
  return {
    attempt,
    digest,
    host: job.host.name,
    end: { stopped: status === 'Stopped' },
    ...(failureReason !== undefined && { failureReason }),
    metrics: [],
    parts: {},
  };
}

function conclusionOf(records: readonly HostRecord[]): Conclusion {
  const broken = records.find(({ failureReason }) => failureReason !== undefined);
  if (broken) return { status: 'Failed', failureReason: broken.failureReason, failedHost: broken.host };
  return { status: records.some(({ end }) => end.stopped) ? 'Stopped' : 'Completed' };
}
