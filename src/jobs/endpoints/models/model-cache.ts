/**
 * The models that a multi-model container has loaded.
 *
 * Source: AWS developer guide, "Set SageMaker AI multi-model endpoint model caching behavior" and "Invoke a Multi-Model
 * Endpoint" (60 s for an invocation, 360 s for a model to load).
 * By design: eight models are fetched and loaded at once, more wait in line; of the models that nobody uses, the one that
 * was used the longest time ago makes room first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '../../../channels/index.ts';
import { errorMessage } from '../../../core/errors.ts';
import { Limiter } from '../../../core/limiter.ts';
import { onAbort } from '../../../core/on-abort.ts';
import { makeBelow, placeIn, removeTree, type TreePlace } from '../../../core/tree/index.ts';
import { isDiskFull } from '../../../hosts/index.ts';
import type { LogWriter } from '../../logs/log-writer.ts';
import type { EndpointLimits } from '../limits.ts';
import { fetchModel } from './fetch-model.ts';
import type { ModelContainer, NamedModel } from './model-container.ts';
import { removeModel } from './remove-model.ts';
import { loadNotAnswered, modelId, TargetModelError, targetModelUri } from './target-model.ts';

const LOADS_AT_ONCE = 8;
const INSUFFICIENT_STORAGE = 507;
const ALREADY_LOADED = 409;

/** What the models of a container are kept with. */
export interface ModelCacheOptions {
  readonly container: Pick<ModelContainer, 'load' | 'unload'>;
  /** ModelDataUrl. */
  readonly prefix: string;
  /** What the container sees as /opt/ml/models. */
  readonly directory: TreePlace;
  readonly stores: Stores;
  /** The most that all models may have on disk, bytes. */
  readonly maxBytes: number;
  /** Whether a model stays loaded after its use: ModelCacheSetting. */
  readonly keep: boolean;
  readonly limits: Pick<EndpointLimits, 'invocationMs' | 'modelLoadMs'>;
  readonly log: Pick<LogWriter, 'note'>;
}

/** A loaded model in use: it stays loaded until it is given back. */
export interface ModelLease {
  /** What the container knows it by. */
  readonly id: string;
  /** Unloads a model that nobody uses. Resolves with false when there is none. */
  makeRoom(): Promise<boolean>;
  /** The container does not have the model any more: loads it again, once for all who say so. @throws TargetModelError */
  reload(): Promise<void>;
  /** Gives it back. Idempotent. */
  release(): void;
}

interface Entry extends NamedModel {
  /** Rejects with TargetModelError. */
  ready: Promise<void>;
  loaded: boolean;
  users: number;
  /** Whether it waits for others to make room, or in line. */
  waiting: boolean;
  bytes: number;
  /** Whether the container may have it. */
  sent: boolean;
}

/** The models of one container, for as long as its server runs. */
export class ModelCache {
  readonly #options: ModelCacheOptions;
  /** By TargetModel, the least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** Models that are being unloaded, by id. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #slots = new Limiter(LOADS_AT_ONCE);
  readonly #closing = new AbortController();
  #changed = Promise.withResolvers<void>();
  #bytes = 0;

  constructor(options: ModelCacheOptions) {
    this.#options = options;
  }

  /** Whether a model is loaded, or on its way. */
  has(target: string): boolean {
    return this.#entries.has(target);
  }

  /**
   * Takes a model, which is fetched and loaded where it is not yet: once, however many ask. One that is not ready in the
   * time of an invocation goes on loading.
   *
   * @throws TargetModelError
   */
  async acquire(target: string): Promise<ModelLease> {
    const entry = this.#entries.get(target) ?? this.#begin(target);
    this.#touch(entry);
    entry.users++;
    try {
      await this.#untilReady(entry);
    } catch (error) {
      entry.users--;
      throw error;
    }
    return this.#lease(entry);
  }

  /** The container has ended, and its models with it: ends what is under way, and removes their files. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the container has ended'));
    this.#wake();
    await Promise.allSettled([...this.#entries.values()].map(({ ready }) => ready));
    await Promise.allSettled(this.#leaving.values());
    const { directory, log } = this.#options;
    try {
      await removeTree(directory);
      // The next server finds it as the first one did.
      makeBelow(directory).close();
    } catch (error) {
      log.note(`The models could not be removed: ${errorMessage(error)}`);
    }
  }

  #lease(entry: Entry): ModelLease {
    let released = false;
    let seen = entry.ready;
    return {
      id: entry.id,
      makeRoom: () => this.#evictOne(entry),
      reload: async () => {
        if (entry.ready === seen) entry.ready = this.#reload(entry);
        seen = entry.ready;
        await this.#untilReady(entry);
      },
      release: () => {
        if (released) return;
        released = true;
        entry.users--;
        if (!this.#options.keep && isIdle(entry)) void this.#evict(entry);
        this.#wake();
      },
    };
  }

  #begin(target: string): Entry {
    const uri = targetModelUri(this.#options.prefix, target);
    const entry: Entry = {
      target,
      id: modelId(target),
      ready: Promise.resolve(),
      loaded: false,
      users: 0,
      waiting: false,
      bytes: 0,
      sent: false,
    };
    this.#entries.set(target, entry);
    entry.ready = this.#settle(entry, async (signal) => {
      await this.#leaving.get(entry.id);
      await this.#fetch(entry, uri, signal);
      await this.#load(entry, signal);
    });
    return entry;
  }

  #reload(entry: Entry): Promise<void> {
    entry.loaded = false;
    return this.#settle(entry, (signal) => this.#load(entry, signal));
  }

  /** Brings a model to be loaded, or leaves nothing of it. */
  #settle(entry: Entry, bring: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const limit = AbortSignal.timeout(this.#options.limits.modelLoadMs);
    const signal = AbortSignal.any([this.#closing.signal, limit]);
    const brought = this.#bring(entry, () => bring(signal), limit).finally(() => this.#wake());
    // Nobody may be waiting for it any more.
    brought.catch(() => undefined);
    return brought;
  }

  async #bring(entry: Entry, work: () => Promise<void>, limit: AbortSignal): Promise<void> {
    try {
      await this.#inLine(entry, work);
      entry.loaded = true;
    } catch (error) {
      await this.#remove(entry);
      throw this.#problem(entry, error, limit.aborted);
    }
  }

  async #inLine(entry: Entry, work: () => Promise<void>): Promise<void> {
    entry.waiting = true;
    await this.#slots.take();
    entry.waiting = false;
    try {
      await work();
    } finally {
      this.#slots.give();
    }
  }

  async #fetch(entry: Entry, uri: string, signal: AbortSignal): Promise<void> {
    const { directory, stores, maxBytes } = this.#options;
    const options = { uri, directory: placeIn(directory, entry.id), stores, maxBytes, signal };
    for (;;) {
      try {
        entry.bytes = await fetchModel(options);
        break;
      } catch (error) {
        const full = error instanceof TargetModelError && isDiskFull(error.cause);
        if (!full || !(await this.#evictOne(entry))) throw error;
      }
    }
    this.#bytes += entry.bytes;
    while (this.#bytes > maxBytes) {
      if (await this.#makeRoom(entry, signal)) continue;
      const message = `There is no room for ${uri}: the models in use have all of the ${maxBytes} bytes of the instance. Give the variant a larger VolumeSizeInGB.`;
      throw new TargetModelError({ kind: 'not-fetched' }, message);
    }
  }

  async #load(entry: Entry, signal: AbortSignal): Promise<void> {
    for (;;) {
      entry.sent = true;
      const { status, text } = await this.#options.container.load(entry, signal);
      if ((status >= 200 && status < 300) || status === ALREADY_LOADED) return;
      entry.sent = false;
      if (status === INSUFFICIENT_STORAGE && (await this.#makeRoom(entry, signal))) continue;
      throw new TargetModelError(
        { kind: 'not-loaded', status, text },
        `The container answered ${status} to the request to load '${entry.target}'.`,
      );
    }
  }

  /**
   * Unloads a model that nobody uses, or waits until that may be possible. Resolves with false when all other models wait
   * for room themselves, or there are none.
   */
  async #makeRoom(entry: Entry, signal: AbortSignal): Promise<boolean> {
    if (await this.#evictOne(entry)) return true;
    const others = [...this.#entries.values()].filter((other) => other !== entry);
    if (others.every(({ waiting }) => waiting)) return false;
    // Nobody is woken by that: who is the last to wait finds that all do, and gives up.
    entry.waiting = true;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    using _ = onAbort(signal, resolve);
    await Promise.race([this.#changed.promise, aborted]);
    entry.waiting = false;
    signal.throwIfAborted();
    return true;
  }

  /** Unloads the least recently used model that nobody uses, beside one. */
  async #evictOne(beside: Entry): Promise<boolean> {
    const idle = this.#entries.values().find((entry) => entry !== beside && isIdle(entry));
    if (!idle) return false;
    await this.#evict(idle);
    return true;
  }

  #evict(entry: Entry): Promise<void> {
    this.#entries.delete(entry.target);
    const gone = this.#remove(entry).finally(() => {
      this.#leaving.delete(entry.id);
      this.#wake();
    });
    this.#leaving.set(entry.id, gone);
    return gone;
  }

  /** Removes a model from the container and from the disk. Never rejects. */
  async #remove(entry: Entry): Promise<void> {
    const { container, directory, log, limits } = this.#options;
    const options = { container, directory, log, limitMs: limits.invocationMs, ended: this.#closing.signal };
    await removeModel(entry, options);
    this.#bytes -= entry.bytes;
    entry.bytes = 0;
    if (this.#entries.get(entry.target) === entry) this.#entries.delete(entry.target);
  }

  #problem(entry: Entry, error: unknown, late: boolean): TargetModelError {
    const { log, limits } = this.#options;
    const lateAfterMs = late ? limits.modelLoadMs : undefined;
    const problem =
      error instanceof TargetModelError ? error : loadNotAnswered(entry.target, error, lateAfterMs);
    if (!this.#closing.signal.aborted) log.note(`${entry.target}: ${problem.message}`);
    return problem;
  }

  async #untilReady(entry: Entry): Promise<void> {
    if (entry.loaded) return;
    const given = new AbortController();
    const { invocationMs } = this.#options.limits;
    const late = sleep(invocationMs, 'late' as const, { signal: given.signal }).catch(() => undefined);
    try {
      if ((await Promise.race([entry.ready, late])) !== 'late') return;
    } finally {
      given.abort();
    }
    throw new TargetModelError({ kind: 'not-ready' }, `'${entry.target}' is still being loaded.`);
  }

  /** Makes it the most recently used one. */
  #touch(entry: Entry): void {
    this.#entries.delete(entry.target);
    this.#entries.set(entry.target, entry);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

function isIdle({ loaded, users }: Entry): boolean {
  return loaded && users === 0;
}
