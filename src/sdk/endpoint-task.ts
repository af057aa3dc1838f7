import type { EndpointScaling, EndpointTask, EndpointVariant, Variable } from '../graph/index.ts';
import { callSite } from './call-site.ts';
import { defineTask } from './define-task.ts';
import { type JobOptions, jobCommon, pick } from './job-options.ts';
import type { InputValue, Reference } from './references.ts';
import type { TaskCall } from './task-call.ts';

/** The name of the only variant of an endpoint, as SageMaker's SDK has it. */
const ONLY_VARIANT = 'AllTraffic';

/** What one of several variants says of itself; what it does not is the task's. */
export type EndpointVariantOptions = Omit<EndpointVariant, 'input'>;

/** What an endpoint task says of itself. Its instances are model servers. */
export interface EndpointTaskOptions extends JobOptions {
  /** @default the task's name: each run updates the same endpoint */
  readonly endpointName?: string;
  /** Several models that share the traffic, by name: each is an input of the call. @default one, the input `model` */
  readonly variants?: Readonly<Record<string, EndpointVariantOptions>>;
  /** `MultiModel`: the model is a prefix of many, and each invocation names its own. @default 'SingleModel' */
  readonly mode?: 'SingleModel' | 'MultiModel';
  /** Instances follow the load. @default their number stays */
  readonly scaling?: EndpointScaling;
}

const ownOptions = Object.keys({
  endpointName: 0,
  variants: 0,
  mode: 0,
  scaling: 0,
} satisfies Record<Exclude<keyof EndpointTaskOptions, keyof JobOptions>, 0>);

/** What a call of an endpoint task gives: the models. */
export type EndpointInputs<Options> = Options extends {
  readonly variants: infer Variants extends Readonly<Record<string, unknown>>;
}
  ? { readonly [Name in keyof Variants & string]: InputValue<'uri', string> }
  : {
      /** model.tar.gz, with `mode: 'MultiModel'` the prefix of many. */
      readonly model: InputValue<'uri', string>;
    };

/** What an endpoint task leaves. */
export interface EndpointOutputs {
  readonly endpointName: Reference<'string', string>;
  /** Where it takes invocations. */
  readonly url: Reference<'string', string>;
}

/** A step that has an endpoint serve models: it succeeds once the endpoint is in service with them. */
export function endpointTask<const Options extends EndpointTaskOptions>(
  name: string,
  options: Options & Record<Exclude<keyof Options, keyof EndpointTaskOptions>, never>,
): TaskCall<EndpointInputs<Options>, EndpointOutputs> {
  const site = callSite();
  const given: EndpointTaskOptions = options;
  const model: Variable = { type: 'uri' };
  const variants = given.variants
    ? Object.entries(given.variants).map(([variant, own]) => [variant, { input: variant, ...own }] as const)
    : [[ONLY_VARIANT, { input: 'model' }] as const];
  const task: EndpointTask = {
    type: 'endpoint',
    ...jobCommon(name, given, site, ownOptions),
    interface: {
      inputs: Object.fromEntries(variants.map(([, { input }]) => [input, model])),
      outputs: { endpointName: { type: 'string' }, url: { type: 'string' } },
    },
    variants: Object.fromEntries(variants),
    ...pick(given, ['endpointName', 'mode', 'scaling']),
  };
  return defineTask(task, site.directory);
}
