import type { JobHandle, JobStatus, Platform } from '../../src/platforms/index.ts';
import { Poller } from '../../src/platforms/poller.ts';

/** A platform as it would be if it did not tell of changes by itself: its jobs are watched by a poller. */
export class PollingPlatform implements Platform {
  readonly name: string;
  readonly capabilities: Platform['capabilities'];
  readonly #platform: Platform;
  readonly #poller: Poller;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.name = platform.name;
    this.capabilities = { ...platform.capabilities, updates: 'poll' };
    this.#poller = new Poller({
      batchSize: 10,
      statusOf: (handles) =>
        Promise.all(handles.map((handle) => platform.status(handle).catch((error: Error) => error))),
      times: { firstMs: 20, longestMs: 200 },
    });
  }

  check: Platform['check'] = (task) => this.#platform.check(task);
  submit: Platform['submit'] = (invocation, options) => this.#platform.submit(invocation, options);
  status: Platform['status'] = (handle) => this.#platform.status(handle);
  cancel: Platform['cancel'] = (handle) => this.#platform.cancel(handle);
  logs: Platform['logs'] = (handle, options) => this.#platform.logs(handle, options);

  watch(handle: JobHandle, options?: { readonly signal?: AbortSignal }): AsyncGenerator<JobStatus> {
    return this.#poller.watch(handle, options);
  }

  async detach(): Promise<void> {
    this.#poller.close();
    await this.#platform.detach();
  }
}
