import type { IncomingHttpHeaders } from 'node:http';

/** `ListTrainingJobs` of `X-Amz-Target: SageMaker.ListTrainingJobs`; empty where it is no name. */
export function targetOperation(headers: IncomingHttpHeaders): string {
  const target = String(headers['x-amz-target'] ?? '');
  return /(?:^|\.)([A-Za-z]\w{0,99})$/.exec(target)?.[1] ?? '';
}
