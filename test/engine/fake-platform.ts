import { SluiceError } from '../../src/core/errors.ts';
import type { JobHandle, JobStatus, Platform, TaskInvocation } from '../../src/platforms/index.ts';

/** What a job of {@link FakePlatform} does; called once for each submitted job. */
export type FakeJob = (invocation: TaskInvocation) => Partial<JobStatus> | Promise<Partial<JobStatus>>;

/** A platform in memory, to lead the engine into every corner: its jobs end as the test says. */
export class FakePlatform implements Platform {
  readonly name: string;
  readonly capabilities;
  /** In order; the same key twice is there once. */
  readonly submitted: string[] = [];
  readonly cancelled: string[] = [];
  /** Calls of submit, with whichever key. */
  submits = 0;
  /** Called before submit looks at anything. */
  onSubmit: () => Promise<void> | void = () => undefined;
  /** Called before a job is watched, and before it is cancelled. */
  onWatch: (handle: JobHandle) => Promise<void> | void = () => undefined;
  onCancel: (handle: JobHandle) => Promise<void> | void = () => undefined;
  /** Its jobs wait for room, until they are cancelled. */
  isFull = false;
  /** The tasks of the jobs, as they were submitted. */
  readonly tasks: TaskInvocation['task'][] = [];
  readonly #job: FakeJob;
  readonly #jobs = new Map<string, { handle: JobHandle; ended: Promise<JobStatus>; cancel: () => void }>();

  constructor(job: FakeJob = () => ({}), { name = 'local', jobsAtOnce = 2 } = {}) {
    this.#job = job;
    this.name = name;
    this.capabilities = {
      jobTypes: ['training', 'processing', 'batch_transform'],
      spot: true,
      gpu: false,
      updates: 'push',
      jobsAtOnce,
    } as const;
  }

  /** Nothing is wrong with any task. */
  async check(): Promise<void> {}

  async submit(
    invocation: TaskInvocation,
    { idempotencyKey }: { idempotencyKey: string },
  ): Promise<JobHandle> {
    this.submits++;
    await this.onSubmit();
    const known = this.#jobs.get(idempotencyKey);
    if (known) return known.handle;
    this.submitted.push(idempotencyKey);
    this.tasks.push(invocation.task);
    const { jobName } = invocation;
    const ref = `job-${this.submitted.length}`;
    const handle = { platform: this.name, jobType: invocation.task.type, jobName, ref };
    const { promise, resolve } = Promise.withResolvers<JobStatus>();
    const cancel = (): void => {
      this.cancelled.push(invocation.jobName);
      resolve(statusOf({ phase: 'aborted', status: 'Stopped' }));
    };
    this.#jobs.set(idempotencyKey, { handle, ended: promise, cancel });
    const work = new Promise<Partial<JobStatus>>((done) => {
      done(this.isFull ? new Promise(() => undefined) : this.#job(invocation));
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
    await this.onWatch(handle);
    const { ended } = this.#find(handle);
    yield statusOf({ phase: this.isFull ? 'queued' : 'running', status: 'InProgress' });
    yield await ended;
  }

  async cancel(handle: JobHandle): Promise<void> {
    await this.onCancel(handle);
    this.#find(handle).cancel();
  }

  async *logs(): AsyncGenerator<never> {}

  async detach(): Promise<void> {}

  /** The platform forgets its jobs. */
  forget(): void {
    this.#jobs.clear();
  }

  /** By what submit has answered alone. */
  #find({ ref }: JobHandle): { ended: Promise<JobStatus>; cancel: () => void } {
    const job = [...this.#jobs.values()].find(({ handle }) => handle.ref === ref);
    if (!job) throw new SluiceError('JobNotFound', `There is no job '${ref}'.`);
    return job;
  }
}

function statusOf(status: Partial<JobStatus>): JobStatus {
  const uri = 's3://bucket/out';
  const outputs = { model: uri, output: uri, metrics: {} };
  return { phase: 'succeeded', status: 'Completed', outputs, metrics: {}, createdAt: new Date(), ...status };
}
