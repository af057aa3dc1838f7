import { randomBytes } from 'node:crypto';
import { deriveAgentKey } from '../../contract/agent-result.ts';
import { SluiceError } from '../../core/errors.ts';
import type { KubeClient } from './client/kube-client.ts';
import { statusOf } from './client/kube-error.ts';
import { Mirror } from './client/mirror.ts';
import type { KubeObject } from './client/objects.ts';
import { MARKS, SELECTOR } from './cluster-names.ts';
import { JOB_SETS, JOBS, type OwnerReference, secretManifest, serviceManifest } from './job-manifest.ts';
import { type KeptJob, type KeptPod, keepJob, keepPod } from './kept-objects.ts';

/** The Secret of a namespace that the keys of all its jobs follow from. */
const KEYS = 'sluice-agent-key';
const KEY_BYTES = 32;

/** A job's own objects, and what they say. */
export interface FoundJob {
  readonly job: KeptJob;
  readonly pods: readonly KeptPod[];
}

/** What is in the namespace now. */
interface Mirrors {
  readonly jobs: Mirror<KeptJob>;
  readonly pods: Mirror<KeptPod>;
  /** The names of a job's pods. */
  readonly podsOf: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The objects of Sluice in one namespace. Mirrors are opened by the first watch, and closed with it all. */
export class Cluster {
  readonly client: KubeClient;
  readonly namespace: string;
  #mirrors: Mirrors | undefined;
  #secret: Promise<Buffer> | undefined;

  constructor(client: KubeClient) {
    this.client = client;
    this.namespace = client.access.namespace;
  }

  /** A path below a group's collection: `path('batch/v1', 'jobs', name)`. */
  path(group: string, ...parts: readonly string[]): string {
    const root = group.includes('/') ? '/apis' : '/api';
    return [`${root}/${group}/namespaces/${this.namespace}`, ...parts.map(encodeURIComponent)].join('/');
  }

  /** What is there now. Undefined where there is no such job. */
  async find(name: string, signal?: AbortSignal): Promise<FoundJob | undefined> {
    const query = { labelSelector: `${MARKS.job}=${name}` };
    const jobs = await this.client.get<{ items: KubeObject[] }>(this.path(JOBS, 'jobs'), { query, signal });
    const [job] = jobs.items;
    if (!job) return undefined;
    const pods = await this.client.get<{ items: KubeObject[] }>(this.path('v1', 'pods'), { query, signal });
    return { job: keepJob(job), pods: pods.items.map(keepPod) };
  }

  /** Once what is there is mirrored. @throws what keeps the mirror from telling */
  async follow(): Promise<void> {
    const { jobs, pods } = this.#open();
    await Promise.all([jobs.ready(), pods.ready()]);
    const failure = jobs.failure ?? pods.failure;
    if (failure) throw failure;
  }

  /** What {@link follow} has told of. Undefined for what was made a moment ago, or not by Sluice. */
  seen(name: string): FoundJob | undefined {
    const { jobs, pods, podsOf } = this.#open();
    const job = jobs.objects.get(name);
    return job && { job, pods: [...(podsOf.get(name) ?? [])].flatMap((pod) => pods.objects.get(pod) ?? []) };
  }

  /** The same as {@link find}, from what is mirrored where that has it. @throws as {@link follow} */
  async mirrored(name: string): Promise<FoundJob | undefined> {
    await this.follow();
    return this.seen(name) ?? this.find(name);
  }

  /** Creates a job, with the key of its agent and, for several hosts, their service. @returns false where it exists */
  async create(
    manifest: object & { readonly kind?: string },
    name: string,
    hosts: number,
    attempt: string,
  ): Promise<boolean> {
    const isSet = manifest.kind === 'JobSet';
    const [group, collection] = isSet ? [JOB_SETS, 'jobsets'] : [JOBS, 'jobs'];
    let created: KubeObject;
    try {
      created = await this.client.post<KubeObject>(this.path(group, collection), manifest, {
        what: `create ${collection} '${name}'`,
        // What an older cluster does not know is refused, and not left out.
        query: { fieldValidation: 'Strict' },
      });
    } catch (error) {
      if (statusOf(error) === 409) return false;
      if (isSet && statusOf(error) === 404)
        throw new SluiceError(
          'ConfigInvalid',
          'The cluster has no JobSet: its custom resource is not installed.',
          {
            cause: error,
            hint: 'Install JobSet (https://jobset.sigs.k8s.io), or leave jobSet out of the settings.',
          },
        );
      throw error;
    }
    await this.complete(
      { apiVersion: group, kind: isSet ? 'JobSet' : 'Job', name, uid: created.metadata.uid ?? '' },
      hosts,
      attempt,
    );
    return true;
  }

  /** What a job needs beside itself; its pods wait for it. What is there already stays. */
  async complete(owner: OwnerReference, hosts: number, attempt: string): Promise<void> {
    const { name } = owner;
    const key = await this.keyOf(attempt);
    await Promise.all([
      this.ensure('secrets', secretManifest(name, key, owner)),
      hosts > 1 ? this.ensure('services', serviceManifest({ name }, owner)) : undefined,
    ]);
  }

  /** The key of an attempt: all follow from one Secret, which the first job of the namespace makes. */
  async keyOf(attempt: string): Promise<string> {
    return deriveAgentKey(await this.#keys(), attempt);
  }

  #keys(): Promise<Buffer> {
    this.#secret ??= this.#findSecret().catch((error: unknown) => {
      this.#secret = undefined;
      throw error;
    });
    return this.#secret;
  }

  /** Writes why a job is ended, and has the cluster end it. One that somebody has ended stays so. */
  async end(job: KeptJob, end: object): Promise<void> {
    if (job.annotations[MARKS.end] !== undefined) return;
    const body = {
      metadata: { annotations: { [MARKS.end]: JSON.stringify(end) } },
      // The job controller ends pods whose time is over, each with its grace.
      spec: { activeDeadlineSeconds: 1 },
    };
    await this.client.patch(this.path(JOBS, 'jobs', job.name), body, { what: `end jobs '${job.name}'` });
  }

  /** Removes a pod whose node does not answer any more. */
  async forget(pod: string): Promise<void> {
    await this.client.delete(this.path('v1', 'pods', pod), { gracePeriodSeconds: 0 });
  }

  close(): void {
    this.#mirrors?.jobs[Symbol.dispose]();
    this.#mirrors?.pods[Symbol.dispose]();
    this.#mirrors = undefined;
    this.client.close();
  }

  #open(): Mirrors {
    if (this.#mirrors) return this.#mirrors;
    const podsOf = new Map<string, Set<string>>();
    const jobs = new Mirror(this.client, {
      path: this.path(JOBS, 'jobs'),
      labelSelector: SELECTOR,
      keep: keepJob,
    });
    const pods: Mirror<KeptPod> = new Mirror(this.client, {
      path: this.path('v1', 'pods'),
      labelSelector: SELECTOR,
      keep: (object) => {
        const pod = keepPod(object);
        const known = podsOf.get(pod.job) ?? new Set();
        podsOf.set(pod.job, known.add(pod.name));
        return pod;
      },
      onChange: (name, pod) => {
        if (pod && !pods.objects.has(name)) podsOf.get(pod.job)?.delete(name);
      },
    });
    this.#mirrors = { jobs, pods, podsOf };
    return this.#mirrors;
  }

  /** Creates an object that is the same whoever makes it; what is there already stays. */
  async ensure(collection: string, object: object): Promise<void> {
    try {
      await this.client.post(this.path('v1', collection), object, { what: `create ${collection}` });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
  }

  async #findSecret(): Promise<Buffer> {
    const path = this.path('v1', 'secrets', KEYS);
    const read = async (): Promise<Buffer> => {
      const { data } = await this.client.get<{ data?: { key?: string } }>(path, {
        what: `get secrets '${KEYS}'`,
      });
      if (data?.key === undefined)
        throw new SluiceError('ConfigInvalid', `The Secret '${KEYS}' has no 'key'.`);
      return Buffer.from(data.key, 'base64');
    };
    try {
      return await read();
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      const metadata = { name: KEYS, labels: { [MARKS.managedBy]: MARKS.manager } };
      const data = { key: randomBytes(KEY_BYTES).toString('base64') };
      await this.ensure('secrets', { apiVersion: 'v1', kind: 'Secret', metadata, data, immutable: true });
      return read();
    }
  }
}
