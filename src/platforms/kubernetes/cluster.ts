import { SluiceError } from '../../core/errors.ts';
import { AgentKeys } from './agent-keys.ts';
import type { KubeClient } from './client/kube-client.ts';
import { statusOf } from './client/kube-error.ts';
import type { KubeObject } from './client/objects.ts';
import { MARKS, QUEUE_LABEL } from './cluster-names.ts';
import { JOB_SETS, JOBS, type OwnerReference, secretManifest, serviceManifest } from './job-manifest.ts';
import { JobMirrors } from './job-mirrors.ts';
import { type FoundJob, joinedJob, type KeptJob, keepJob, keepPod } from './kept-objects.ts';

/** What a job needs beside itself. */
export interface Complement {
  /** Of its objects. */
  readonly name: string;
  readonly hosts: number;
  readonly attempt: string;
}

/** The objects of Sluice in one namespace. Mirrors are opened by the first watch, and closed with it all. */
export class Cluster {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Whether jobs are JobSets. */
  readonly hasSets: boolean;
  readonly #keys = new AgentKeys(this);
  #mirrors: JobMirrors | undefined;

  constructor(client: KubeClient, { jobSet = false }: { readonly jobSet?: boolean | undefined } = {}) {
    this.client = client;
    this.namespace = client.access.namespace;
    this.hasSets = jobSet;
  }

  /** A path below a group's collection: `path('batch/v1', 'jobs', name)`. */
  path(group: string, ...parts: readonly string[]): string {
    const root = group.includes('/') ? '/apis' : '/api';
    return [`${root}/${group}/namespaces/${this.namespace}`, ...parts.map(encodeURIComponent)].join('/');
  }

  /** What is there now. Undefined where there is no such job. */
  async find(name: string, signal?: AbortSignal): Promise<FoundJob | undefined> {
    const query = { labelSelector: `${MARKS.job}=${name}` };
    const [set] = this.hasSets ? await this.#sets(query, signal) : [];
    const [job] = await this.#items(JOBS, 'jobs', { query, signal });
    const found = joinedJob(job && keepJob(job), set && keepJob(set, 'JobSet'));
    if (!found) return undefined;
    const pods = await this.#items('v1', 'pods', { query, signal });
    return { job: found, pods: pods.map(keepPod) };
  }

  /** Once what is there is mirrored. @throws what keeps the mirror from telling */
  async follow(): Promise<void> {
    await this.#open().ready();
  }

  /** What {@link follow} has told of. Undefined for what was made a moment ago, or not by Sluice. */
  seen(name: string): FoundJob | undefined {
    return this.#open().find(name);
  }

  /** The same as {@link find}, from what is mirrored where that has it. @throws as {@link follow} */
  async mirrored(name: string): Promise<FoundJob | undefined> {
    await this.follow();
    return this.seen(name) ?? this.find(name);
  }

  /** Creates a job, with the key of its agent and, for several hosts, their service. @returns false where it exists */
  async create(manifest: object, beside: Complement): Promise<boolean> {
    const { name } = beside;
    const [group, collection, kind] = this.hasSets
      ? ([JOB_SETS, 'jobsets', 'JobSet'] as const)
      : ([JOBS, 'jobs', 'Job'] as const);
    let created: KubeObject;
    try {
      created = await this.client.post<KubeObject>(this.path(group, collection), manifest, {
        what: `create ${collection} '${name}'`,
        // What an older cluster does not know is refused, and not left out.
        query: { fieldValidation: 'Strict' },
      });
    } catch (error) {
      if (statusOf(error) === 409) return false;
      throw error;
    }
    await this.complete({ kind, name, uid: created.metadata.uid ?? '' }, beside);
    return true;
  }

  /** What a job needs beside itself; its pods wait for it. What is there already stays. */
  async complete(
    { kind, name: owner, uid }: Pick<KeptJob, 'kind' | 'name' | 'uid'>,
    { name, hosts, attempt }: Complement,
  ): Promise<void> {
    const apiVersion = kind === 'JobSet' ? JOB_SETS : JOBS;
    const reference: OwnerReference = { apiVersion, kind, name: owner, uid };
    const key = await this.keyOf(attempt);
    await Promise.all([
      this.ensure('secrets', secretManifest(name, key, reference)),
      hosts > 1 ? this.ensure('services', serviceManifest({ name }, reference)) : undefined,
    ]);
  }

  /** The key of an attempt: all follow from one Secret, which the first job of the namespace makes. */
  async keyOf(attempt: string): Promise<string> {
    return this.#keys.of(attempt);
  }

  /** Writes why a job is ended, and has the cluster end it. One that somebody has ended stays so. */
  async end({ kind, name, annotations }: KeptJob, end: object): Promise<void> {
    if (annotations[MARKS.end] !== undefined) return;
    const written = { annotations: { [MARKS.end]: JSON.stringify(end) } };
    const what = `end ${kind === 'JobSet' ? 'jobsets' : 'jobs'} '${name}'`;
    if (kind === 'JobSet') {
      // It has no Job that could be ended: it gets none, and no queue lets it start.
      const metadata = { ...written, labels: { [QUEUE_LABEL]: null } };
      await this.client.patch(
        this.path(JOB_SETS, 'jobsets', name),
        { metadata, spec: { suspend: true } },
        { what },
      );
      return;
    }
    // The job controller ends pods whose time is over, each with its grace.
    const body = { metadata: written, spec: { activeDeadlineSeconds: 1 } };
    await this.client.patch(this.path(JOBS, 'jobs', name), body, { what });
  }

  /** Removes a pod whose node does not answer any more. */
  async forget(pod: string): Promise<void> {
    await this.client.delete(this.path('v1', 'pods', pod), { gracePeriodSeconds: 0 });
  }

  /** Has the kubelet kill what is left of a pod that is being ended. */
  async kill(pod: string): Promise<void> {
    await this.client.delete(this.path('v1', 'pods', pod), { gracePeriodSeconds: 1 });
  }

  close(): void {
    this.#mirrors?.[Symbol.dispose]();
    this.#mirrors = undefined;
    this.client.close();
  }

  /** Creates an object that is the same whoever makes it; what is there already stays. */
  async ensure(collection: string, object: object): Promise<void> {
    try {
      await this.client.post(this.path('v1', collection), object, { what: `create ${collection}` });
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
  }

  #open(): JobMirrors {
    const { client, hasSets } = this;
    this.#mirrors ??= new JobMirrors({ client, hasSets, path: (...parts) => this.path(...parts) });
    return this.#mirrors;
  }

  /** @throws SluiceError `ConfigInvalid` where the cluster has no JobSets */
  async #sets(query: { labelSelector: string }, signal: AbortSignal | undefined): Promise<KubeObject[]> {
    try {
      return await this.#items(JOB_SETS, 'jobsets', { query, signal });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      throw new SluiceError(
        'ConfigInvalid',
        'The cluster has no JobSet: its custom resource is not installed.',
        {
          cause: error,
          hint: 'Install JobSet (https://jobset.sigs.k8s.io), or leave jobSet out of the settings.',
        },
      );
    }
  }

  async #items(
    group: string,
    collection: string,
    request: { readonly query: { labelSelector: string }; readonly signal: AbortSignal | undefined },
  ): Promise<KubeObject[]> {
    const what = `list ${collection}`;
    const { items } = await this.client.get<{ items: KubeObject[] }>(this.path(group, collection), {
      ...request,
      what,
    });
    return items;
  }
}
