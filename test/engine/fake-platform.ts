import type { JobHandle, JobStatus, Platform, TaskInvocation } from '../../src/platforms/platform.ts';

/** What a job of {@link FakePlatform} does; called once for each submitted job. */
export type FakeJob = (invocation: TaskInvocation) => Partial<JobStatus> | Promise<Partial<JobStatus>>;

/** A platform in memory, to lead the engine into every corner: its jobs end as the test says. */
export class FakePlatform implements Platform {
  readonly name = 'local';
  readonly capabilities = {
    jobTypes: ['training', 'processing', 'batch_transform'],
    spot: true,
    gpu: false,
    updates: 'push',
  } as const;
  /** In order; the same key twice is there once. */
  readonly submitted: string[] = [];
  readonly cancelled: string[] = [];
  readonly #job: FakeJob;
  readonly #jobs = new Map<string, { handle: JobHandle; ended: Promise<JobStatus>; cancel: () => void }>();

  constructor(job: FakeJob = () => ({})) {
    this.#job = job;
  }

  /** Nothing is wrong with any task. */
  async check(): Promise<void> {}

  async submit(
    invocation: TaskInvocation,
    { idempotencyKey }: { idempotencyKey: string },
  ): Promise<JobHandle> {
    const known = this.#jobs.get(idempotencyKey);
    if (known) return known.handle;
    this.submitted.push(idempotencyKey);
    const handle = { platform: this.name, jobType: invocation.task.type, jobName: invocation.jobName };
    const { promise, resolve } = Promise.withResolvers<JobStatus>();
    const cancel = (): void => {
      this.cancelled.push(invocation.jobName);
      resolve(statusOf({ phase: 'aborted', status: 'Stopped' }));
    };
    this.#jobs.set(idempotencyKey, { handle, ended: promise, cancel });
    const work = new Promise<Partial<JobStatus>>((done) => {
      done(this.#job(invocation));
    });
    work.then(
      (status) => resolve(statusOf(status)),
      () => undefined,
    );
    // What the test throws is thrown by submit, as a platform would; the job is then not there.
    await Promise.race([work.then(() => undefined), new Promise(setImmediate)]).catch((error: unknown) => {
      this.#jobs.delete(idempotencyKey);
      throw error;
    });
    return handle;
  }

  status(handle: JobHandle): Promise<JobStatus> {
    return this.#find(handle).ended;
  }

  async *watch(handle: JobHandle): AsyncGenerator<JobStatus> {
    yield statusOf({ phase: 'running', status: 'InProgress' });
    yield await this.#find(handle).ended;
  }

  async cancel(handle: JobHandle): Promise<void> {
    this.#find(handle).cancel();
  }

  async *logs(): AsyncGenerator<never> {}

  async close(): Promise<void> {}

  #find({ jobName }: JobHandle): { ended: Promise<JobStatus>; cancel: () => void } {
    const job = [...this.#jobs.values()].find(({ handle }) => handle.jobName === jobName);
    if (!job) throw new Error(`There is no job '${jobName}'.`);
    return job;
  }
}

function statusOf(status: Partial<JobStatus>): JobStatus {
  const uri = 's3://bucket/out';
  const outputs = { model: uri, output: uri, metrics: {} };
  return { phase: 'succeeded', status: 'Completed', outputs, metrics: {}, createdAt: new Date(), ...status };
}
