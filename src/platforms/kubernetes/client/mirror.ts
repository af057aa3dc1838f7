import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../core/errors.ts';
import type { KubeClient } from './kube-client.ts';
import { kubeError, statusOf } from './kube-error.ts';
import type { KubeObject } from './objects.ts';
import { readLines } from './read-lines.ts';

/** What is mirrored. */
export interface MirrorOptions<Kept> {
  /** `/apis/batch/v1/namespaces/ml/jobs` */
  readonly path: string;
  readonly labelSelector?: string;
  /** What is kept of an object; the rest is let go of. */
  readonly keep: (object: KubeObject) => Kept;
  /** Told after each change, with what was kept before. */
  readonly onChange?: (name: string, before: Kept | undefined) => void;
}

interface ListAnswer {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[];
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject & { readonly code?: number };
}

const PAGE = 500;
const MOST_PAGES = 1000;
/** The server ends a watch after this, spread by chance; the next one goes on where it ended. Seconds. */
const WATCH_SECONDS = { least: 240, spread: 240 };
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;

/**
 * The objects of a collection as they are now: listed once, then watched. Where the watch breaks off it goes on from the
 * last change that was seen; where the server has forgotten that (410) it lists anew; where it is throttled or away it
 * waits and tries again, for as long as the mirror is open.
 */
export class Mirror<Kept> implements Disposable {
  readonly objects = new Map<string, Kept>();
  /** Why it cannot tell what is there now. Undefined while it can. */
  failure: unknown;
  readonly #client: KubeClient;
  readonly #options: MirrorOptions<Kept>;
  readonly #closing = new AbortController();
  readonly #listed = Promise.withResolvers<void>();
  #version: string | undefined;

  constructor(client: KubeClient, options: MirrorOptions<Kept>) {
    this.#client = client;
    this.#options = options;
    this.#listed.promise.catch(() => undefined);
    void this.#run();
  }

  /** Once the first list is there. @throws SluiceError where it is refused, or does not come */
  ready(): Promise<void> {
    return this.#listed.promise;
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#listed.reject(new Error('The mirror was closed.'));
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (this.#version === undefined) await this.#list();
        this.failure = undefined;
        this.#listed.resolve();
        if (await this.#watch()) failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (statusOf(error) === 410) this.#version = undefined;
        else {
          failures++;
          // A watch that broke off is nothing yet; one that does not come back is.
          if (failures > 1 || this.#version === undefined) this.#fail(error);
        }
        await sleep(waitMs(failures, error), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #fail(error: unknown): void {
    this.failure = error;
    this.#listed.reject(error);
  }

  async #list(): Promise<void> {
    const { path, labelSelector, keep } = this.#options;
    const found = new Map<string, Kept>();
    let next: string | undefined;
    let version = '';
    for (let pages = 0; ; pages++) {
      const query = { limit: PAGE, labelSelector, continue: next };
      const answer = await this.#client.get<ListAnswer>(path, { query, signal: this.#closing.signal });
      for (const object of answer.items) found.set(object.metadata.name, keep(object));
      next = answer.metadata.continue || undefined;
      version = answer.metadata.resourceVersion;
      if (next === undefined) break;
      if (pages >= MOST_PAGES) throw kubeError(`list ${path}`, { status: 500, body: 'its list has no end' });
    }
    const before = new Map(this.objects);
    this.objects.clear();
    for (const [name, kept] of found) this.objects.set(name, kept);
    this.#version = version;
    for (const name of new Set([...before.keys(), ...found.keys()]))
      this.#options.onChange?.(name, before.get(name));
  }

  /** @returns whether anything came */
  async #watch(): Promise<boolean> {
    const { path, labelSelector } = this.#options;
    const timeoutSeconds = Math.round(WATCH_SECONDS.least + Math.random() * WATCH_SECONDS.spread);
    const query = {
      watch: true,
      labelSelector,
      resourceVersion: this.#version,
      allowWatchBookmarks: true,
      timeoutSeconds,
    };
    const stream = await this.#client.stream(path, { query, signal: this.#closing.signal });
    let hasCome = false;
    try {
      for await (const line of readLines(stream)) {
        this.#take(parseEvent(line));
        hasCome = true;
      }
    } catch (error) {
      if (!hasCome || error instanceof SluiceError) throw error;
      return true;
    } finally {
      stream.destroy();
    }
    if (!hasCome)
      await sleep(FIRST_WAIT_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    return true;
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR')
      throw kubeError(`watch ${this.#options.path}`, {
        status: object.code ?? 500,
        body: JSON.stringify(object),
      });
    const { name, resourceVersion } = object.metadata;
    this.#version = resourceVersion ?? this.#version;
    if (type === 'BOOKMARK') return;
    const before = this.objects.get(name);
    if (type === 'DELETED') this.objects.delete(name);
    else this.objects.set(name, this.#options.keep(object));
    this.#options.onChange?.(name, before);
  }
}

function parseEvent(line: Buffer): WatchEvent {
  return JSON.parse(line.toString('utf8')) as WatchEvent;
}

function waitMs(failures: number, error: unknown): number {
  const asked = error instanceof SluiceError ? error.details['retryAfterMs'] : undefined;
  if (typeof asked === 'number') return Math.min(asked, LONGEST_WAIT_MS);
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
}
