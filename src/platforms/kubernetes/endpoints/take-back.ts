import type { KubeDeployment } from '../client/objects.ts';
import { MARKS } from '../cluster-names.ts';
import { type EndpointMarks, type FailedChange, readMarks, writeMarks } from './endpoint-marks.ts';
import type { EndpointObjects } from './endpoint-objects.ts';

/** An endpoint whose change is taken back. */
interface Changed {
  readonly deployment: KubeDeployment;
  readonly state: { readonly marks: EndpointMarks };
}

/**
 * Goes back to what served before; what served nothing has no pods any more.
 *
 * @returns false where the endpoint has changed since it was looked at
 */
export async function takeBack(
  objects: EndpointObjects,
  { deployment, state: { marks } }: Changed,
  failed: FailedChange,
): Promise<boolean> {
  const { metadata, spec } = deployment;
  const before =
    marks.previous === undefined ? undefined : await objects.replicaSet(metadata.name, marks.previous);
  const beforeMarks = before && readMarks(before);
  const { [MARKS.previous]: _, ...others } = metadata.annotations ?? {};
  const now = { previous: undefined, changedAt: new Date().toISOString(), failed };
  const annotations = { ...others, ...writeMarks({ ...(beforeMarks ?? marks), ...now }) };
  return objects.replace(deployment, {
    ...deployment,
    metadata: { ...metadata, annotations },
    spec: {
      ...spec,
      replicas: beforeMarks ? beforeMarks.instances : 0,
      template: before && beforeMarks ? templateOf(before) : spec.template,
    },
  });
}

/** Without what its Deployment has added. */
function templateOf({ spec }: KubeDeployment): KubeDeployment['spec']['template'] {
  const { 'pod-template-hash': _, ...labels } = spec.template.metadata?.labels ?? {};
  return { ...spec.template, metadata: { ...spec.template.metadata, labels } };
}
