import { createRequest, type FlyteClient } from '../../harness/flyte-client.ts';

/**
 * Has a connector load what it runs jobs and asks AWS with. Flyte waits ten seconds for a task to be created, which the
 * first one may take on a busy machine.
 */
export async function warmUp(client: FlyteClient): Promise<void> {
  const task = { instanceType: 'ml.m5.large', command: ['true'] };
  const custom = { service: 'sagemaker', method: 'list_models', config: {} };
  await client.execute(createRequest({ type: 'boto', custom })).catch(() => undefined);
  const made = await client
    .create(createRequest({ type: 'sluice_training', custom: { task }, execution: 'warm-up' }))
    .catch(() => undefined);
  if (made) await client.untilEnded(made);
}
