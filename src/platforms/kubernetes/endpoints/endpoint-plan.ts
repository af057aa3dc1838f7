import { NODE_IMAGE, PYTHON_IMAGE } from '../../../contract/images.ts';
import { SluiceError } from '../../../core/errors.ts';
import type { KubernetesSettings } from '../../../core/platforms-settings.ts';
import type { EndpointTask } from '../../../graph/index.ts';
import type { EndpointSpec, VariantSpec } from '../../endpoints/index.ts';
import { endpointNameOf } from '../../endpoints/task-spec.ts';
import { objectName } from '../cluster-names.ts';
import { podResources } from '../resources.ts';
import type { EndpointPlan } from './endpoint-manifest.ts';

/** What a plan is made with. */
export interface EndpointPlanOptions {
  readonly platform: string;
  readonly settings: KubernetesSettings;
  readonly s3: { readonly endpoint?: string | undefined; readonly region: string };
  readonly agentImage: string;
}

/** The objects that a spec asks for. Pure. @throws SluiceError `InvalidArgument` for what a cluster does not serve */
export function endpointPlan(
  spec: EndpointSpec,
  { platform, settings, s3, agentImage }: EndpointPlanOptions,
): EndpointPlan {
  const { name, variants } = spec;
  const { mode } = variants.find(({ model }) => model.mode === 'MultiModel')?.model ?? {};
  const { scaling } = variants.find((each) => each.scaling) ?? {};
  checkServed({ name, variants: variants.map((each) => each.name), mode, scaling }, platform);
  const variant = withImage(variants[0] as VariantSpec, settings, platform);
  return {
    name: objectName(name),
    variant,
    resources: podResources(variant.instanceType, undefined, settings),
    region: s3.region,
    endpoint: s3.endpoint,
    agentImage,
    settings,
  };
}

/** Checks a task without its inputs. Pure. @throws SluiceError `InvalidArgument` for what a cluster does not serve */
export function checkEndpoint(task: EndpointTask, platform: string): void {
  const { mode, scaling, variants } = task;
  checkServed({ name: endpointNameOf(task), variants: Object.keys(variants), mode, scaling }, platform);
}

interface Served {
  readonly name: string;
  readonly variants: readonly string[];
  readonly mode?: string | undefined;
  readonly scaling?: object | undefined;
}

function checkServed({ name, variants, mode, scaling }: Served, platform: string): void {
  const refuse = (field: string, why: string): never => {
    throw new SluiceError('InvalidArgument', `The endpoint '${name}': ${field}: ${why}, on ${platform}.`, {
      hint: "Leave it out, or serve it on 'sagemaker' or with a sluice serve.",
    });
  };
  if (variants.length !== 1)
    refuse(
      'variants',
      `expected one, got ${variants.join(', ')}: nothing there shares the traffic by weights`,
    );
  if (mode === 'MultiModel') refuse('mode', 'MultiModel is not served');
  if (scaling) refuse('scaling', 'nothing there counts invocations');
}

/** A cluster has no Node.js or Python of its own: scripts are served in the images of the settings. */
function withImage(variant: VariantSpec, { images = {} }: KubernetesSettings, platform: string): VariantSpec {
  const { image } = variant.model;
  const kind = image === NODE_IMAGE ? 'node' : image === PYTHON_IMAGE ? 'python' : undefined;
  if (!kind) return variant;
  const own = images[kind];
  if (own !== undefined) return { ...variant, model: { ...variant.model, image: own } };
  throw new SluiceError(
    'InvalidArgument',
    `Variant '${variant.name}' names no image, and a cluster needs one to serve it in.`,
    {
      hint: `Set platforms.${platform}.images.${kind} of the configuration, or name an image: docs/kubernetes.md.`,
    },
  );
}
