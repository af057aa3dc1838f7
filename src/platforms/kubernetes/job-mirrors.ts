import type { KubeClient } from './client/kube-client.ts';
import { Mirror } from './client/mirror.ts';
import { jobOfSet, MARKS, objectName, SELECTOR } from './cluster-names.ts';
import { JOB_SETS, JOBS } from './job-manifest.ts';
import { type FoundJob, joinedJob, type KeptJob, type KeptPod, keepJob, keepPod } from './kept-objects.ts';

/** Which jobs are mirrored. */
interface JobMirrorsOptions {
  readonly client: KubeClient;
  /** Whether jobs are JobSets. */
  readonly hasSets: boolean;
  /** A path below a group's collection in their namespace. */
  readonly path: (group: string, collection: string) => string;
}

/** What there is of jobs in a namespace, as it is now. */
export class JobMirrors implements Disposable {
  readonly #jobs: Mirror<KeptJob>;
  readonly #pods: Mirror<KeptPod>;
  /** Undefined where jobs are no JobSets. */
  readonly #sets: Mirror<KeptJob> | undefined;
  /** The names of a job's pods. */
  readonly #podsOf = new Map<string, Set<string>>();

  constructor({ client, path, hasSets }: JobMirrorsOptions) {
    const options = { labelSelector: SELECTOR };
    this.#jobs = new Mirror(client, { ...options, path: path(JOBS, 'jobs'), keep: (job) => keepJob(job) });
    this.#sets = hasSets
      ? new Mirror(client, {
          ...options,
          path: path(JOB_SETS, 'jobsets'),
          keep: (set) => keepJob(set, 'JobSet'),
        })
      : undefined;
    this.#pods = new Mirror(client, {
      ...options,
      path: path('v1', 'pods'),
      keep: (object) => {
        const pod = keepPod(object);
        const known = this.#podsOf.get(pod.job) ?? new Set();
        this.#podsOf.set(pod.job, known.add(pod.name));
        return pod;
      },
      onChange: (name, pod) => {
        if (pod && !this.#pods.objects.has(name)) this.#podsOf.get(pod.job)?.delete(name);
      },
    });
  }

  /** Once all is listed. @throws what keeps one of them from telling */
  async ready(): Promise<void> {
    const all = [this.#jobs, this.#pods, ...(this.#sets ? [this.#sets] : [])];
    await Promise.all(all.map((mirror) => mirror.ready()));
    const failed = all.find(({ failure }) => failure !== undefined);
    if (failed) throw failed.failure;
  }

  /** By the name of its objects. Undefined for what was made a moment ago, or not by Sluice. */
  find(name: string): FoundJob | undefined {
    const job = joinedJob(this.#job(name), this.#sets?.objects.get(name));
    const pods = [...(this.#podsOf.get(name) ?? [])].flatMap((pod) => this.#pods.objects.get(pod) ?? []);
    return job && { job, pods };
  }

  #job(name: string): KeptJob | undefined {
    const own = this.#jobs.objects.get(name);
    if (own) return own;
    const ofSet = this.#jobs.objects.get(jobOfSet(name));
    return objectName(ofSet?.annotations[MARKS.jobName] ?? '') === name ? ofSet : undefined;
  }

  [Symbol.dispose](): void {
    for (const mirror of [this.#jobs, this.#pods, this.#sets]) mirror?.[Symbol.dispose]();
  }
}
