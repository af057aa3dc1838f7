import type { Staging } from '../channels/index.ts';
import { UPLOAD_SECONDS } from '../contract/agent-places.ts';
import type { AgentResult } from '../contract/agent-result.ts';
import {
  type AlgorithmFailure,
  algorithmFailure,
  type Host,
  readExitMessage,
  uploadProcessingOutputs,
  uploadTrainingOutput,
} from '../hosts/index.ts';
import { type AgentJob, lifeOf } from './agent-job.ts';
import { readState } from './agent-state.ts';
import { collectTransform } from './collect-transform.ts';
import { type Conclusion, failed, publishAll, writeResult } from './conclude.ts';
import type { EndSource } from './ends/end-source.ts';
import { type HostRecord, type RecordedMetric, readRecords, writeRecord } from './host-record.ts';
import { keptUploads } from './kept-uploads.ts';
import { ownRecord } from './own-record.ts';
import { fetchParts, writeParts } from './parts.ts';
import { readMetrics } from './read-metrics.ts';

/** How long the first host waits for the others where the document does not say, seconds. */
const HOSTS_SECONDS = 3600;

/**
 * Takes a job's results out of one host: what the container left, once it has ended, or what a model makes of objects. The
 * first host brings together what all have left, uploads it, and writes the job's result last.
 *
 * @returns the result; on other hosts than the first one what this host has come to
 * @throws SluiceError where not even a result can be written
 */
export async function collect(
  job: AgentJob,
  source: EndSource,
): Promise<Pick<AgentResult, 'status' | 'failureReason'>> {
  if (job.document.jobType === 'transform') return collectTransform(job);
  const metrics = await readMetrics(job, source);
  const own = await ownRecord(job, source, metrics);
  const signal = AbortSignal.timeout((job.document.uploadSeconds ?? UPLOAD_SECONDS) * 1000);
  if (job.host.index > 0) return leaveRecord(job, own, signal);
  try {
    const { hostsSeconds = HOSTS_SECONDS } = job.document;
    const records = [own, ...(await readRecords(job, hostsSeconds * 1000))];
    const hosts = [job.host];
    for (const record of records.slice(1)) hosts.push(await fetchParts(job, record, signal));
    const conclusion = await concludeJob(job, { records, hosts, signal });
    return await writeResult(job, conclusion, records);
  } catch (error) {
    return writeResult(job, failed(error), [own]);
  }
}

/** What other hosts than the first one leave. */
async function leaveRecord(
  job: AgentJob,
  own: HostRecord,
  signal: AbortSignal,
): Promise<Pick<AgentResult, 'status' | 'failureReason'>> {
  const record = await writeParts(job, signal).then(
    (parts) => ({ ...own, parts }),
    (error: unknown) => ({ ...own, failureReason: own.failureReason ?? failed(error).failureReason }),
  );
  await writeRecord(job, record);
  const { failureReason, end } = record;
  if (failureReason !== undefined) return { status: 'Failed', failureReason };
  return { status: end.stopped ? 'Stopped' : end.exitCode === 0 ? 'Completed' : 'Failed' };
}

/** A job whose containers have ended. */
interface EndedJob {
  readonly records: readonly HostRecord[];
  /** In the order of the records. */
  readonly hosts: readonly Host[];
  readonly signal: AbortSignal;
}

/** Uploads what the job made; after a stop or a failure as far as it goes. */
async function concludeJob(job: AgentJob, ended: EndedJob): Promise<Conclusion> {
  const failure = failureOf(ended);
  const isStopped = !failure && ended.records.some(({ end }) => end.stopped);
  const bestEffort = failure !== undefined || isStopped;
  const more = { lostSignal: ended.signal, ...(isStopped && { stopReason: 'Stopped' }) };
  const outcome: Conclusion = failure ?? { status: isStopped ? 'Stopped' : 'Completed' };
  return publishAll(job, ended.signal, async (staging) => ({
    ...(await stageOutputs(job, ended.hosts, { staging, bestEffort, model: !failure, more })),
    ...finalMetrics(ended.records),
    ...outcome,
  }));
}

interface StageOptions {
  readonly staging: Staging;
  readonly bestEffort: boolean;
  readonly model: boolean;
  readonly more: Parameters<typeof lifeOf>[2];
}

async function stageOutputs(
  job: AgentJob,
  hosts: readonly Host[],
  { staging, bestEffort, model, more }: StageOptions,
): Promise<Partial<Conclusion>> {
  const { document, settings } = job;
  if (document.jobType === 'training') {
    const life = lifeOf(job, document.request, more);
    return uploadTrainingOutput({ life, hosts, staging, model, bestEffort });
  }
  if (document.jobType === 'transform') return {};
  const life = lifeOf(job, document.request, more);
  const continuous = keptUploads(readState(settings.directory, 'fed')?.uploads ?? []);
  await uploadProcessingOutputs({ life, hosts, staging, bestEffort, continuous });
  const exitMessage = readExitMessage(hosts);
  return exitMessage === undefined ? {} : { exitMessage };
}

/** What no host could help goes first; then a host's own failure: those that were stopped are not the cause. */
function failureOf({ records, hosts }: EndedJob): AlgorithmFailure | undefined {
  const broken = records.find(({ failureReason }) => failureReason !== undefined);
  if (broken?.failureReason !== undefined)
    return { status: 'Failed', failureReason: broken.failureReason, failedHost: broken.host };
  const ends = records.flatMap(({ end: { exitCode, stopped, reason } }, index) =>
    exitCode === undefined || stopped
      ? []
      : { host: hosts[index] as Host, exitCode, stopped, failure: reason },
  );
  return algorithmFailure(ends);
}

/** The last value of each metric, whichever host printed it. */
function finalMetrics(records: readonly HostRecord[]): Pick<Conclusion, 'metrics'> {
  const last = new Map<string, RecordedMetric>();
  for (const metric of records.flatMap(({ metrics }) => metrics)) {
    const known = last.get(metric.name);
    if (!known || known.at <= metric.at) last.set(metric.name, metric);
  }
  return last.size > 0 ? { metrics: [...last.values()] } : {};
}
