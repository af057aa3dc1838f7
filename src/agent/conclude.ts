import { discardOutputs, publishOutputs, type Staging } from '../channels/index.ts';
import { documentJobName } from '../contract/agent-document.ts';
import { type AgentResult, sealAgentResult } from '../contract/agent-result.ts';
import { failureReasonOf, JobFailure } from '../hosts/index.ts';
import type { AgentJob } from './agent-job.ts';
import type { ContainerEnd } from './ends/end-source.ts';
import { expectedOf, type HostRecord, writeText } from './host-record.ts';

/** What a result says beside whose it is. */
export type Conclusion = Omit<
  AgentResult,
  'version' | 'jobName' | 'attempt' | 'digest' | 'hosts' | 'endedAt'
>;

/** Stages outputs, and publishes all of them or none. What fails makes the job a failed one; what was staged by then is kept. */
export async function publishAll(
  job: AgentJob,
  signal: AbortSignal,
  stage: (staging: Staging) => Promise<Conclusion>,
): Promise<Conclusion> {
  const { stores } = job;
  const staging: Staging = { owner: stagingOwner(job), outputs: [] };
  try {
    const conclusion = await stage(staging).catch((error: unknown) => {
      if (error instanceof JobFailure) return failed(error);
      throw error;
    });
    await publishOutputs(stores, staging.outputs, signal);
    return conclusion;
  } catch (error) {
    const kept = { published: false };
    await discardOutputs(stores, staging.owner, staging.outputs, kept).catch(() => undefined);
    return failed(error);
  }
}

/** What an error makes of a job. */
export function failed(error: unknown): Conclusion {
  return { status: 'Failed', failureReason: failureReasonOf(error) };
}

/** Writes the result: nothing comes after it. */
export async function writeResult(
  job: AgentJob,
  conclusion: Conclusion,
  records: readonly Pick<HostRecord, 'host' | 'end'>[],
): Promise<AgentResult> {
  const { digest, attempt, key } = expectedOf(job);
  const result: AgentResult = {
    version: 1,
    jobName: documentJobName(job.document),
    attempt,
    digest,
    ...conclusion,
    hosts: records.map(({ host, end }) => ({ name: host, ...endFacts(end) })),
    endedAt: Date.now(),
  };
  await writeText(job.stores, job.uris.result, sealAgentResult(result, key));
  return result;
}

function endFacts({ exitCode, reason }: ContainerEnd): Pick<ContainerEnd, 'exitCode' | 'reason'> {
  return { ...(exitCode !== undefined && { exitCode }), ...(reason !== undefined && { reason }) };
}

function stagingOwner({ document }: AgentJob): string {
  return `agent.${document.attempt.replaceAll(/[^A-Za-z0-9.-]/g, '-')}`;
}
