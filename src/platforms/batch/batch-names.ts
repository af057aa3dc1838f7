/** What the settings of AWS Batch say, else what holds. */
import type { BatchSettings } from '../../core/platforms-settings.ts';

const DEFAULT_LOG_GROUP = '/aws/batch/job';
const DEFAULT_AGENT_SECRET = '/sluice/agent-secret';
const UPLOAD_SECONDS = 600;

/** The group of CloudWatch Logs that jobs print to. Pure. */
export function logGroupOf({ logGroup = DEFAULT_LOG_GROUP }: BatchSettings): string {
  return logGroup;
}

/** The parameter that the keys of results come from. Pure. */
export function secretNameOf({ agentSecret = DEFAULT_AGENT_SECRET }: BatchSettings): string {
  return agentSecret;
}

/** Of the upload after a stop. Pure. */
export function uploadSecondsOf({ uploadSeconds = UPLOAD_SECONDS }: BatchSettings): number {
  return uploadSeconds;
}
