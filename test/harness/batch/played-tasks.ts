import type { TaskContainerProperties } from '@aws-sdk/client-batch';
import { openAgentDocument } from '../../../src/contract/agent-document.ts';
import { agentUris, tryOf } from '../../../src/contract/agent-places.ts';
import { type AgentResult, deriveAgentKey, sealAgentResult } from '../../../src/contract/agent-result.ts';
import { type ObjectStore, parseS3Uri } from '../../../src/objects/index.ts';
import type { RunTask, TaskEnd } from './batch-server.ts';

/** What a task's agent has to go on. */
export interface PlayedTask {
  readonly store: ObjectStore;
  readonly number: number;
  /** Writes a result, signed as the agent signs it unless it is forged. */
  write(
    result: Pick<AgentResult, 'status' | 'failureReason'>,
    forged?: { readonly secret?: string; readonly attempt?: string; readonly number?: number },
  ): Promise<void>;
  readonly stopped: Promise<void>;
}

/** Tasks whose containers a test plays: what is tried is what the platform makes of what they leave. */
export function playedTasks(
  options: () => {
    readonly store: ObjectStore;
    readonly secret: string;
    readonly play: (task: PlayedTask) => Promise<TaskEnd>;
  },
): RunTask {
  return ({ properties, environment }) => {
    const { store, secret, play } = options();
    const agent = properties.containers?.find(({ name }) => name === 'collect') as TaskContainerProperties;
    const told = Object.fromEntries(
      (agent.environment ?? []).map(({ name, value }) => [name, value]),
    ) as Record<string, string>;
    const [jobId = ''] = (environment['AWS_BATCH_JOB_ID'] ?? '').split(/[:#]/);
    const number = Number(environment['AWS_BATCH_JOB_ATTEMPT']);
    const stop = Promise.withResolvers<void>();
    const write: PlayedTask['write'] = async (result, forged = {}) => {
      const place = parseS3Uri(told['SLUICE_AGENT_DOCUMENT'] as string);
      const { body } = await store.get(place.bucket, place.key);
      const bytes = Buffer.concat(await Array.fromAsync(body));
      const digest = told['SLUICE_AGENT_DIGEST'] as string;
      const document = openAgentDocument(bytes, digest);
      const { results } = tryOf(document, { jobId, number });
      const { attempt } = tryOf(document, { jobId, number: forged.number ?? number });
      const key = deriveAgentKey(forged.secret ?? secret, document.attempt);
      const text = sealAgentResult(
        {
          version: 1,
          jobName: '',
          attempt: forged.attempt ?? attempt,
          digest,
          hosts: [],
          endedAt: Date.now(),
          ...result,
        },
        key,
      );
      const to = parseS3Uri(agentUris(results).result);
      await store.put(to.bucket, to.key, text);
    };
    return {
      started: Promise.resolve(),
      ended: play({ store, number, write, stopped: stop.promise }),
      streams: {},
      stop: stop.resolve,
    };
  };
}
