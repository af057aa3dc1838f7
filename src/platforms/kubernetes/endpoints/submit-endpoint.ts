import { Bundles } from '../../../bundles/index.ts';
import { defaultRoleArn } from '../../../contract/arns.ts';
import { forEachAtOnce } from '../../../core/for-each-at-once.ts';
import type { ObjectStore } from '../../../objects/index.ts';
import { placeCode } from '../../aws/place-code.ts';
import type { EndpointInvocation } from '../../endpoints/endpoint-jobs.ts';
import { endpointNameOf, taskSpec } from '../../endpoints/task-spec.ts';
import type { JobHandle } from '../../job-handle.ts';
import { SOURCE_ARCHIVE } from '../../request/code.ts';
import { stageInputs } from '../stage-inputs.ts';
import type { KubernetesEndpoints } from './kubernetes-endpoints.ts';

/** What a task's endpoint is made with. */
export interface SubmitEndpointOptions {
  readonly platform: string;
  readonly endpoints: KubernetesEndpoints;
  /** The S3 of the pods. */
  readonly store: ObjectStore;
  readonly bucket: string;
  /** The home's own. */
  readonly home: { readonly bundles: Bundles; readonly stores: { store(bucket: string): ObjectStore } };
  /** The same twice is one change. */
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

const AT_ONCE = 4;

/** Brings the models and the code of an endpoint task to where pods find them, and begins to serve them. */
export async function submitEndpoint(
  invocation: EndpointInvocation,
  { platform, endpoints, store, bucket, home, key, signal }: SubmitEndpointOptions,
): Promise<JobHandle> {
  const { task } = invocation;
  const account = await endpoints.account();
  const { inputs, bring } = await stageInputs(invocation, { home: home.stores, store, bucket });
  const bundles = new Bundles({ stores: { store: () => store }, account, bucket });
  const code = await placeCode(task, 'archive', { home: home.bundles, bundles, store, bucket });
  const spec = taskSpec(
    task,
    { inputs },
    {
      account,
      roleArn: defaultRoleArn(account),
      codeUri: code && `${code.codeUri}${SOURCE_ARCHIVE}`,
    },
  );
  signal?.throwIfAborted();
  if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
  await forEachAtOnce(bring, AT_ONCE, signal, async (each, stop) => {
    await each(stop);
  });
  await code?.bring();
  const { configName } = await endpoints.put(spec, { key, signal });
  return { platform, jobType: 'endpoint', jobName: configName, ref: endpointNameOf(task) };
}
