import { SluiceError } from '../../core/errors.ts';
import type { JobHandle } from '../job-handle.ts';
import type { JobStatus } from '../platform.ts';
import type { ServiceJob } from './service-jobs.ts';

/** What a board asks. */
export interface QueueBoardOptions {
  /** The jobs of the queue that have not ended, by id. */
  readonly list: (signal: AbortSignal) => Promise<ReadonlyMap<string, ServiceJob>>;
  /** All that is known of a job. @throws SluiceError `JobNotFound` */
  readonly describe: (handle: JobHandle, signal: AbortSignal) => Promise<JobStatus>;
  /** What the queue alone says of a job. */
  readonly summary: (job: ServiceJob) => Promise<JobStatus>;
  /** Resolves when the next request may be sent. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
}

/** Up to so many jobs are described one by one, which tells more. */
const FEW = 4;

/** Tells the statuses of many jobs in a queue with few requests: it lists those that have not ended, and describes the others. */
export class QueueBoard {
  readonly #options: QueueBoardOptions;

  constructor(options: QueueBoardOptions) {
    this.#options = options;
  }

  /** In the order of the handles; an error in place of one that cannot be told. */
  async statuses(handles: readonly JobHandle[], signal: AbortSignal): Promise<(JobStatus | Error)[]> {
    const { list, summary } = this.#options;
    const listed = handles.length > FEW ? await list(signal) : new Map<string, ServiceJob>();
    const answers: (JobStatus | Error)[] = [];
    for (const handle of handles) {
      const job = listed.get(handle.ref ?? '');
      answers.push(job ? await summary(job) : await this.#describe(handle, signal));
    }
    return answers;
  }

  async #describe(handle: JobHandle, signal: AbortSignal): Promise<JobStatus | Error> {
    await this.#options.turn(signal);
    try {
      return await this.#options.describe(handle, signal);
    } catch (error) {
      // Others may be answered; that the service is to be asked less is for all.
      if (error instanceof SluiceError && error.code !== 'Throttled') return error;
      throw error;
    }
  }
}
