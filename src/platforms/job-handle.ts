import { SluiceError } from '../core/errors.ts';
import type { JobTask } from '../graph/index.ts';

/** Names a job anywhere, any time later: what `submit` answered. Plain JSON. */
export interface JobHandle {
  /** The platform's name. */
  readonly platform: string;
  readonly jobType: JobTask['type'];
  readonly jobName: string;
  /** How the platform itself calls the job, where its name is not enough: an ARN, a UID, an id of AWS Batch or EMR. */
  readonly ref?: string;
}

const JOB_TYPES: Readonly<Record<JobTask['type'], true>> = {
  training: true,
  processing: true,
  batch_transform: true,
  endpoint: true,
};

/**
 * Reads a handle that was kept as JSON.
 *
 * @param what whose it is, for the message: `node 'train'`
 * @throws SluiceError `HomeVersion` for one with members of a newer version, `HomeDamaged` for what is none
 */
export function parseJobHandle(value: unknown, what: string): JobHandle {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw damaged(what, `expected an object, got ${JSON.stringify(value)}`);
  }
  const { platform, jobType, jobName, ref, ...others } = value as Record<string, unknown>;
  const unknown = Object.keys(others);
  if (unknown.length > 0) {
    throw new SluiceError(
      'HomeVersion',
      `The job of ${what} was kept by a newer version of Sluice: its handle has '${unknown.join("', '")}', which this version does not know.`,
      { hint: 'Carry on with the version of Sluice that began it, or a newer one.' },
    );
  }
  return {
    platform: text(platform, 'platform', what),
    jobType: knownType(jobType, what),
    jobName: text(jobName, 'jobName', what),
    ...(ref !== undefined && { ref: text(ref, 'ref', what) }),
  };
}

function text(value: unknown, member: string, what: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw damaged(what, `its ${member}: expected a text, got ${JSON.stringify(value)}`);
}

function knownType(value: unknown, what: string): JobTask['type'] {
  if (typeof value === 'string' && Object.hasOwn(JOB_TYPES, value)) return value as JobTask['type'];
  const types = Object.keys(JOB_TYPES).join(', ');
  throw damaged(what, `its jobType: expected one of ${types}, got ${JSON.stringify(value)}`);
}

function damaged(what: string, problem: string): SluiceError {
  return new SluiceError('HomeDamaged', `The handle of the job of ${what} cannot be read: ${problem}.`, {
    hint: 'Restore the home from a backup, or begin a new run.',
  });
}
