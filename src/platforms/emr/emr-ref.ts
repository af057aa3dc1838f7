import { SluiceError } from '../../core/errors.ts';
import type { JobHandle } from '../job-handle.ts';

/** How EMR calls a job: a run of a Serverless application, or a step of a cluster. */
export interface EmrRef {
  readonly kind: 'serverless' | 'step';
  /** Of the application, or the cluster: `00f1…`, `j-…`. */
  readonly place: string;
  /** Of the job run, or the step: `00f2…`, `s-…`. */
  readonly id: string;
}

const FORM = /^(serverless|step)\/([\w-]+)\/([\w-]+)$/;

/** As a handle keeps it. */
export function formatEmrRef({ kind, place, id }: EmrRef): string {
  return `${kind}/${place}/${id}`;
}

/** @throws SluiceError `JobNotFound` for a handle that is no job of EMR's */
export function parseEmrRef({ ref = '', jobName }: JobHandle): EmrRef {
  const [, kind, place, id] = FORM.exec(ref) ?? [];
  if (kind !== undefined && place !== undefined && id !== undefined) {
    return { kind: kind as EmrRef['kind'], place, id };
  }
  throw new SluiceError('JobNotFound', `EMR has no job '${jobName}'.`);
}
