import type { AgentResult } from '../contract/agent-result.ts';
import type { AgentJob } from './agent-job.ts';
import { collect } from './collect.ts';
import type { EndSource } from './ends/end-source.ts';
import { feed } from './feed.ts';

/**
 * Feeds while the user's container runs, and takes the results out once it has ended.
 *
 * @param stopped aborts when the platform says that it has, or is to end
 * @returns as {@link collect}
 * @throws SluiceError where not even a result can be written
 */
export async function feedAndCollect(
  job: AgentJob,
  source: EndSource,
  stopped: AbortSignal,
): Promise<Pick<AgentResult, 'status' | 'failureReason'>> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  // Who cannot tell of the end any more cannot be waited for: the result says so.
  void source.watch?.().then(end, end);
  await feed(job, AbortSignal.any([ended.signal, stopped]));
  return collect(job, source);
}
