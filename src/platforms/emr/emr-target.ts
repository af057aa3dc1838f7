import type { JobPhase } from '../platform.ts';
import type { EmrApplication } from './emr-application.ts';
import type { EmrRef } from './emr-ref.ts';

/** What EMR says of a job. */
export interface EmrJob {
  readonly phase: JobPhase;
  /** In EMR's own words: `SCHEDULED`, `CANCEL_PENDING`. */
  readonly state: string;
  /** Why it is so. */
  readonly reason?: string | undefined;
  readonly createdAt: Date;
  readonly startedAt?: Date | undefined;
  readonly endedAt?: Date | undefined;
  /** Of vCPUs, as they are billed. */
  readonly billedCpuSeconds?: number | undefined;
  /** Where the document that tells of its outputs is. */
  readonly jobUri?: string | undefined;
  /** Where its logs go, without trailing slash. */
  readonly logUri?: string | undefined;
}

/** One of EMR's ways to run an application. */
export interface EmrTarget {
  /** Jobs of one question. */
  readonly batchSize: number;
  /**
   * Starts an application; the same key twice is one job.
   *
   * @param token follows from the key: 64 hexadecimal digits
   */
  start(application: EmrApplication, token: string): Promise<EmrRef>;
  /** In order; an error in place of one that cannot be told. */
  describe(refs: readonly EmrRef[], signal?: AbortSignal): Promise<readonly (EmrJob | Error)[]>;
  /** Idempotent; of a job that has ended, or that there is not, nothing happens. */
  cancel(ref: EmrRef): Promise<void>;
  /** Where the driver's streams are, by the name of the stream; gzipped. */
  logFiles(ref: EmrRef, job: EmrJob): Promise<Readonly<Record<string, string>>>;
}
