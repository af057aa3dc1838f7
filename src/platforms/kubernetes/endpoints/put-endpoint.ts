import { SluiceError } from '../../../core/errors.ts';
import { pollUntil } from '../../../core/poll-until.ts';
import { partName } from '../../endpoints/endpoint-names.ts';
import type { EndpointSpec, PutEndpoint, PutEndpointOptions } from '../../endpoints/index.ts';
import { deploymentManifest, type EndpointPlan } from './endpoint-manifest.ts';
import { type EndpointMarks, isGivenUp, isOfChange } from './endpoint-marks.ts';
import type { EndpointObjects } from './endpoint-objects.ts';
import { type EndpointPlanOptions, endpointPlan } from './endpoint-plan.ts';
import type { FoundEndpoint } from './endpoint-state.ts';

/** How an endpoint is put. */
export type PutOptions = Pick<PutEndpointOptions, 'key' | 'only' | 'busyMs' | 'signal'> &
  EndpointPlanOptions & {
    /** What an instance type means, where that follows from what the cluster has. @default the settings */
    readonly settingsFor?:
      | ((what: {
          readonly name: string;
          readonly instanceType: string;
        }) => Promise<EndpointPlanOptions['settings']>)
      | undefined;
    readonly askEveryMs: number;
  };

/** Who knows what is there. */
interface Known {
  readonly objects: EndpointObjects;
  look(name: string): Promise<FoundEndpoint | undefined>;
}

const BUSY_MS = 1_800_000;
/** Others may be quicker so often. */
const ATTEMPTS = 20;

/** Makes an endpoint, or changes it once nobody else does. The same key twice is one change. @throws SluiceError */
export async function putEndpoint(
  endpoints: Known,
  spec: EndpointSpec,
  options: PutOptions,
): Promise<PutEndpoint> {
  const { busyMs: limitMs = BUSY_MS, askEveryMs: everyMs, signal } = options;
  const plan = await planOf(spec, options);
  const configuration = partName(spec.name, options.key);
  let done: PutEndpoint | undefined;
  let tries = 0;
  const attempt = async (): Promise<boolean> => {
    const found = await endpoints.look(spec.name);
    const made = found && isOfChange(found.state.marks, configuration);
    if (!made) {
      const before = found && isGivenUp(found.state.marks) ? undefined : found;
      expectFitting(spec.name, before, options.only);
      if (found && isBusy(found)) return false;
      signal?.throwIfAborted();
      if (await change(endpoints, { plan, configuration, endpoint: spec.name }, found))
        done = { configName: configuration, created: !before };
      else if (++tries >= ATTEMPTS) throw busy(spec.name, 'being changed by others');
    } else {
      await endpoints.objects.serve(found.deployment);
      done = { configName: configuration, created: found.state.marks.previous === undefined };
    }
    return done !== undefined;
  };
  await pollUntil(attempt, { everyMs, limitMs, signal });
  if (done) return done;
  throw busy(spec.name, 'being changed for too long');
}

/** What an instance type means may follow from what the cluster has. */
async function planOf(spec: EndpointSpec, options: PutOptions): Promise<EndpointPlan> {
  const [{ instanceType } = { instanceType: '' }] = spec.variants;
  const own = await options.settingsFor?.({ name: spec.name, instanceType });
  return endpointPlan(spec, { ...options, settings: own ?? options.settings });
}

interface Change {
  readonly plan: EndpointPlan;
  readonly configuration: string;
  readonly endpoint: string;
}

/** @returns false where somebody else was quicker */
async function change(
  { objects }: Known,
  { plan, configuration, endpoint }: Change,
  found: FoundEndpoint | undefined,
): Promise<boolean> {
  const marks: EndpointMarks = {
    endpoint,
    variant: plan.variant.name,
    instances: plan.variant.instanceCount,
    model: plan.variant.model.dataUrl ?? '',
    configuration,
    previous: found?.state.status === 'InService' ? found.state.marks.configuration : undefined,
    changedAt: new Date().toISOString(),
  };
  const manifest = deploymentManifest(plan, marks);
  if (found) return objects.replace(found.deployment, manifest as never);
  const made = await objects.create(plan.name, manifest);
  if (made) await objects.serve(made);
  return made !== undefined;
}

function isBusy({ state: { status } }: FoundEndpoint): boolean {
  return status !== 'InService' && status !== 'Failed';
}

function expectFitting(
  name: string,
  before: FoundEndpoint | undefined,
  only: PutEndpointOptions['only'],
): void {
  if (before && only === 'create')
    throw new SluiceError(
      'EndpointNameTaken',
      `There is an endpoint '${name}' already: ${before.state.status}.`,
      { hint: `Change it with: sluice endpoints update ${name}; or delete it first.` },
    );
  if (!before && only === 'update')
    throw new SluiceError('EndpointNotFound', `There is no endpoint '${name}'.`, {
      hint: 'sluice endpoints ls shows those that there are; sluice endpoints create makes one.',
    });
}

function busy(name: string, what: string): SluiceError {
  return new SluiceError('EndpointBusy', `The endpoint '${name}' is ${what}.`, {
    hint: 'Wait until it is InService, or delete it.',
  });
}
