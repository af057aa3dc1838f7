import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../core/errors.ts';
import { removeTree } from '../../core/tree/index.ts';
import { killLeftovers } from '../../executors/index.ts';
import {
  deleteEndpoint,
  type EndpointDeployment,
  type EndpointProgress,
  type EndpointRecord,
  type EndpointStatus,
  type EndpointVariant,
  isLeaseLost,
  isProcessAlive,
  updateEndpoint,
} from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import { untilWritten } from '../until-written.ts';
import { within } from '../within.ts';
import { endpointFailureReason } from './failure-reasons.ts';
import { Instance, mlDirectoriesOf } from './instance.ts';
import type { EndpointLimits } from './limits.ts';
import { TrafficRoute } from './route.ts';

/** How long a deletion waits to be written before it begins, milliseconds. */
const DELETE_LIMIT_MS = 500;

/** What an endpoint lives with. */
export interface EndpointOptions {
  readonly context: JobsContext;
  readonly limits: EndpointLimits;
  readonly record: EndpointRecord;
  /** The endpoint's own, absolute. */
  readonly directory: string;
  /** Told when the endpoint is deleted and nothing of it is left, or another worker serves it. */
  readonly onGone: () => void;
}

/** A change of status, and of what else is known; undefined forgets. */
type Change = { readonly status?: EndpointStatus } & {
  readonly [Member in keyof EndpointProgress]?: EndpointProgress[Member] | undefined;
};

/** An endpoint while this process serves it: its record, its instances, and the one place where both change. */
export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #instances = new Map<string, Instance>();
  #record: EndpointRecord;
  #route: TrafficRoute | undefined;
  #committed: Promise<void> = Promise.resolve();
  #work: Promise<void> = Promise.resolve();
  readonly #ending = new AbortController();
  #lost = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get record(): EndpointRecord {
    return this.#record;
  }

  /** Where invocations go; undefined while the endpoint is not in service. */
  get route(): TrafficRoute | undefined {
    return this.#route;
  }

  /** Resolves once the change under way has come to its end. */
  get settled(): Promise<void> {
    return this.#work;
  }

  /** Takes up what the record says: starts what should serve, and goes on with what was under way. */
  async resume(): Promise<void> {
    const { status, progress } = this.#record;
    await this.#endLeftovers();
    if (status === 'Deleting') return this.#begin(() => this.#end());
    if (status === 'Failed') return;
    if (progress.current) {
      for (const instance of this.#addInstances(progress.current)) instance.revive();
      this.#route = new TrafficRoute(progress.current, this.#instances);
    }
    if (progress.pending) this.#begin(() => this.#deploy());
  }

  /** Begins to change to another deployment. Resolves once that is committed. */
  async change(pending: EndpointDeployment, more: Pick<EndpointProgress, 'deploymentConfig'>): Promise<void> {
    const before = this.#record;
    try {
      await this.#commit({ status: 'Updating', pending, failureReason: undefined, ...more });
    } catch (error) {
      this.#record = before;
      throw error;
    }
    this.#begin(() => this.#deploy());
  }

  /** Begins to end, also where that cannot be written now. */
  async delete(): Promise<void> {
    await within(DELETE_LIMIT_MS, this.#keep({ status: 'Deleting', failureReason: undefined }));
    this.#route = undefined;
    this.#begin(() => this.#end());
  }

  /** Ends the servers; the record stays, for the next start. Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#route = undefined;
    await this.#stopAll();
    await this.#work;
    await this.#committed;
  }

  /** Another worker serves it by now: ends the servers, and writes nothing more. */
  lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#ending.abort();
    this.#route = undefined;
    this.#stopAll().catch(() => undefined);
    this.#options.onGone();
  }

  /** Ends what a process that was killed has left of this endpoint. */
  async #endLeftovers(): Promise<void> {
    const { processes } = this.#record.progress;
    if (processes.length === 0) return;
    const pids = processes.filter(isProcessAlive).map(({ pid }) => pid);
    const mlDirectories = instancesOf(this.#record, this.#options.directory).flatMap(({ variant, path }) =>
      mlDirectoriesOf(variant, path),
    );
    await killLeftovers({ mlDirectories, pids });
  }

  #begin(work: () => Promise<void>): void {
    const done = work().catch((error: unknown) => {
      if (isLeaseLost(error)) return this.lose();
      process.emitWarning(
        `The state of endpoint '${this.#record.name}' cannot be kept: ${errorMessage(error)}`,
      );
    });
    // What an update has left to stop may still be ending.
    this.#work = Promise.all([this.#work, done]).then(() => undefined);
  }

  /** Starts what the pending deployment has and the current one has not; all of it, or nothing, comes to serve. */
  async #deploy(): Promise<void> {
    const { current, pending } = this.#record.progress;
    if (!pending) return;
    const added = this.#addInstances(pending);
    const before = this.#route;
    try {
      await this.#start(added);
      if (this.#ending.signal.aborted) return;
      // Before anybody can read that it is in service: whoever does invokes it at once.
      this.#route = new TrafficRoute(pending, this.#instances);
      await this.#keep({
        status: 'InService',
        current: pending,
        pending: undefined,
        failureReason: undefined,
      });
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.#route = before;
      await this.#rollBack(added, current, endpointFailureReason(error));
      return;
    }
    const wanted = new Set(pending.variants.flatMap((variant) => variant.instances));
    await this.#stop([...this.#instances.values()].filter(({ id }) => !wanted.has(id)));
  }

  async #rollBack(
    added: readonly Instance[],
    current: EndpointDeployment | undefined,
    failureReason: string,
  ): Promise<void> {
    if (current) await this.#keep({ status: 'RollingBack', failureReason });
    await this.#stop(added);
    if (current) await this.#keep({ status: 'InService', pending: undefined, failureReason });
    else await this.#keep({ status: 'Failed', failureReason });
  }

  async #end(): Promise<void> {
    await this.#stopAll();
    if (this.#ending.signal.aborted) return;
    const { context, directory } = this.#options;
    await removeData(this.#record, directory);
    await this.#committed;
    const remove = () => deleteEndpoint(context.state, this.#record, context.clock().getTime());
    await untilWritten(this.#name, remove, this.#ending.signal);
    this.#options.onGone();
  }

  async #start(added: readonly Instance[]): Promise<void> {
    const { simulation } = this.#options.context;
    if (simulation)
      await sleep(simulation.delayMs(this.#record.status), undefined, { signal: this.#ending.signal });
    else await startAll(added);
  }

  /** Makes the instances of a deployment that are not there yet; none where nothing runs. */
  #addInstances(deployment: EndpointDeployment): Instance[] {
    const { context, limits, directory } = this.#options;
    const { name, createdAt } = this.#record;
    const holder = { type: 'endpoint', name, createdAt } as const;
    const added: Instance[] = [];
    if (context.simulation) return added;
    for (const variant of deployment.variants) {
      for (const id of variant.instances.filter((each) => !this.#instances.has(each))) {
        const onProcess = (): void => this.#noteProcesses();
        const instance = new Instance({ context, limits, holder, id, variant, directory, onProcess });
        this.#instances.set(id, instance);
        added.push(instance);
      }
    }
    return added;
  }

  async #stopAll(): Promise<void> {
    await this.#stop([...this.#instances.values()]);
  }

  async #stop(instances: readonly Instance[]): Promise<void> {
    await Promise.all(instances.map((instance) => instance.stop()));
    for (const { id } of instances) this.#instances.delete(id);
  }

  #noteProcesses(): void {
    const processes = [...this.#instances.values()].flatMap((instance) => instance.processes);
    this.#keep({ processes }).catch(() => undefined);
  }

  get #name(): string {
    return `The endpoint '${this.#record.name}'`;
  }

  /** What has happened already: written when it can be. */
  #keep(change: Change): Promise<void> {
    return this.#commit(change, (write) => untilWritten(this.#name, write, this.#ending.signal));
  }

  async #commit(
    { status = this.#record.status, ...progress }: Change,
    carryOut = (write: () => Promise<void>): Promise<void> => write(),
  ): Promise<void> {
    const changed = status !== this.#record.status;
    this.#record = {
      ...this.#record,
      status,
      modifiedAt: changed ? this.#options.context.clock().getTime() : this.#record.modifiedAt,
      progress: { ...this.#record.progress, ...progress } as EndpointProgress,
    };
    const record = this.#record;
    const write = () => updateEndpoint(this.#options.context.state, record, changed);
    const commit = this.#committed.then(() => (this.#lost ? undefined : carryOut(write)));
    this.#committed = commit.catch((error: unknown) => {
      if (isLeaseLost(error)) this.lose();
    });
    await commit;
  }
}

/** Starts instances; where one fails, the others are stopped. @throws JobFailure of the first that failed. */
async function startAll(instances: readonly Instance[]): Promise<void> {
  try {
    await Promise.all(instances.map((instance) => instance.start()));
  } catch (error) {
    await Promise.all(instances.map((instance) => instance.stop()));
    throw error;
  }
}

/** Removes what instances left that this process did not start. Logs stay. */
async function removeData(record: EndpointRecord, directory: string): Promise<void> {
  const instances = instancesOf(record, directory);
  await Promise.all(instances.map(({ path }) => removeTree(path)));
}

/** All instances that a record names, with their directories. */
function instancesOf(
  { progress }: EndpointRecord,
  directory: string,
): { readonly variant: EndpointVariant; readonly path: string }[] {
  const variants = [progress.current, progress.pending].flatMap((deployment) => deployment?.variants ?? []);
  return variants.flatMap((variant) =>
    variant.instances.map((id) => ({ variant, path: join(directory, variant.name, id) })),
  );
}
