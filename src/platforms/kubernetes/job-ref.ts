import type { JobHandle } from '../job-handle.ts';

/** What a handle says beyond the job's name. */
export interface Ref {
  readonly namespace: string;
  readonly attempt: string;
}

/** Undefined where a handle says nothing. Pure. */
export function refOf({ ref }: JobHandle): Ref | undefined {
  const [namespace, attempt] = ref?.split('/') ?? [];
  return namespace !== undefined && attempt !== undefined ? { namespace, attempt } : undefined;
}
