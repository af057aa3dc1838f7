import type { BatchSettings } from '../../core/platforms-settings.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import { defaultAgentImage } from '../kubernetes/create-kubernetes-platform.ts';
import { AgentSecret } from './agent-secret.ts';
import { BatchApi } from './batch-api.ts';
import { expectReachable, requireQueue } from './check-batch.ts';
import { secretNameOf } from './task-plan.ts';

/** What of AWS Batch works. */
export interface InspectedBatch {
  /** `123456789012, us-east-1` */
  readonly account: string;
  readonly queue: string;
  /** Of the agent. */
  readonly image: string;
}

/** Asks AWS what of it works for Sluice; nothing is changed. @throws SluiceError that says what does not */
export async function inspectBatch(
  settings: BatchSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<InspectedBatch> {
  expectReachable(settings);
  const access = new AwsAccess(settings, environment);
  try {
    const { accountId, region } = await access.account();
    const queue = await requireQueue(new BatchApi(access), settings);
    await new AgentSecret(access, secretNameOf(settings)).look();
    return { account: `${accountId}, ${region}`, queue, image: settings.agentImage ?? defaultAgentImage() };
  } finally {
    await access.close();
  }
}
