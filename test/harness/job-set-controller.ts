/**
 * JobSets as far as one Job in each needs them: the custom resource, and what its controller does. The real one is a
 * program of its own with webhooks (https://github.com/kubernetes-sigs/jobset); names, labels and suspension are as there.
 */
import type { KubeClient } from '../../src/platforms/kubernetes/client/kube-client.ts';
import { Mirror } from '../../src/platforms/kubernetes/client/mirror.ts';
import type { KubeObject } from '../../src/platforms/kubernetes/client/objects.ts';
import { adminClient, kubectl } from './kubernetes.ts';

const GROUP = 'jobset.x-k8s.io';
const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const RESOURCE = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `jobsets.${GROUP}`,
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/jobset' },
  },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { kind: 'JobSet', listKind: 'JobSetList', plural: 'jobsets', singular: 'jobset' },
    versions: [
      {
        name: 'v1alpha2',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: OPEN, status: OPEN } } },
      },
    ],
  },
};

interface Set extends KubeObject {
  readonly spec: {
    readonly suspend?: boolean;
    readonly replicatedJobs: readonly {
      readonly name: string;
      readonly template: { readonly metadata: object; readonly spec: object };
    }[];
  };
}

/** Installs the resource. */
export async function installJobSets(): Promise<void> {
  await kubectl(['apply', '-f', '-'], JSON.stringify(RESOURCE));
  await kubectl(['wait', '--for=condition=Established', '--timeout=120s', `crd/jobsets.${GROUP}`]);
}

/** Removes it, and all that there is of it. */
export async function removeJobSets(): Promise<void> {
  await kubectl(['delete', 'crd', `jobsets.${GROUP}`, '--wait=false', '--ignore-not-found']);
}

/** Makes the Jobs of JobSets in a namespace, for as long as it is open. */
export async function startJobSetController(namespace: string): Promise<AsyncDisposable> {
  const client = await adminClient(namespace);
  const path = `/apis/${GROUP}/v1alpha2/namespaces/${namespace}/jobsets`;
  const failures: unknown[] = [];
  let work = Promise.resolve();
  const look = (): void => {
    work = work.then(() =>
      reconcileAll(client, { path, sets, jobs }).catch((error) => void failures.push(error)),
    );
  };
  const sets: Mirror<Set> = new Mirror(client, { path, keep: (set) => set as Set, onChange: look });
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const jobs: Mirror<KubeObject> = new Mirror(client, { path: jobsPath, keep: (job) => job, onChange: look });
  await Promise.all([sets.ready(), jobs.ready()]);
  return {
    async [Symbol.asyncDispose]() {
      sets[Symbol.dispose]();
      jobs[Symbol.dispose]();
      await work;
      client.close();
      if (failures.length > 0) throw new AggregateError(failures, 'JobSets were not seen to.');
    },
  };
}

interface Seen {
  readonly path: string;
  readonly sets: Mirror<Set>;
  readonly jobs: Mirror<KubeObject>;
}

async function reconcileAll(client: KubeClient, { path, sets, jobs }: Seen): Promise<void> {
  for (const set of sets.objects.values()) {
    const [replicated] = set.spec.replicatedJobs;
    const name = `${set.metadata.name}-${replicated?.name}-0`;
    const job = jobs.objects.get(name);
    const suspend = set.spec.suspend ?? false;
    const below = path.replace(`${GROUP}/v1alpha2`, 'batch/v1').replace(/jobsets$/, 'jobs');
    const ended = conditionsOf(job).find(
      ({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True',
    );
    const type = ended?.type === 'Complete' ? 'Completed' : 'Failed';
    if (!job) await create(client, below, jobOf(set, name, suspend));
    else if (!ended && (job.spec?.['suspend'] ?? false) !== suspend)
      await client.patch(`${below}/${name}`, { spec: { suspend } });
    else if (ended && conditionsOf(set).length === 0) {
      const conditions = [{ ...ended, type, reason: type, message: '' }];
      await client.patch(`${path}/${set.metadata.name}/status`, { status: { conditions } });
    }
  }
}

async function create(client: KubeClient, path: string, job: object): Promise<void> {
  await client.post(path, job).catch((error: { readonly details?: { readonly status?: number } }) => {
    if (error.details?.status !== 409) throw error;
  });
}

function jobOf(set: Set, name: string, suspend: boolean): object {
  const [replicated] = set.spec.replicatedJobs;
  const { metadata, spec } = replicated?.template ?? {};
  const { name: owner, uid } = set.metadata;
  const reference = { apiVersion: `${GROUP}/v1alpha2`, kind: 'JobSet', name: owner, uid, controller: true };
  return { metadata: { ...metadata, name, ownerReferences: [reference] }, spec: { ...spec, suspend } };
}

function conditionsOf(
  object: KubeObject | undefined,
): readonly { readonly type: string; readonly status: string }[] {
  return (object?.status?.['conditions'] ?? []) as readonly {
    readonly type: string;
    readonly status: string;
  }[];
}
