import type { Configuration } from '../../core/config.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import type { JobTask, Json, Task, WorkflowGraph } from '../../graph/index.ts';
import { resolveBindings } from '../../graph/index.ts';
import type { OpenStores } from '../../objects/index.ts';
import { AwsAccess } from '../../platforms/endpoints/index.ts';
import { readPrices } from '../../platforms/prices/index.ts';
import {
  compileRules,
  isPlatformName,
  type KnownOfTask,
  PLATFORM_NAMES,
  type PlatformName,
  planGraph,
  type RunPlan,
} from '../../platforms/router/index.ts';
import type { Database } from '../../state/index.ts';
import { expectedDuration, learnDurations } from './learn-durations.ts';
import { DataMeasure, type StoreElsewhere } from './measure-data.ts';
import { ownMachine } from './own-machine.ts';

/** What a plan is made of. */
export interface PlanRunOptions {
  /** With absolute places. */
  readonly graph: WorkflowGraph;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly configuration: Configuration;
  /** Absolute path of the home. */
  readonly home: string;
  readonly state: Database;
  readonly stores: OpenStores;
  /** Whether the store of a platform may be asked for the size of data: not where nobody has trusted the settings. @default false */
  readonly asksStores?: boolean;
}

/** The platforms that a configuration enables; `local` always. */
export function enabledPlatforms({ platforms = {} }: Configuration): PlatformName[] {
  const named = Object.entries(platforms).filter(([, settings]) => settings !== undefined);
  const enabled = new Set(named.map(([name]) => name).filter(isPlatformName));
  return PLATFORM_NAMES.filter((name) => name === 'local' || enabled.has(name));
}

/**
 * Plans a run: by what its tasks say, what there is of data, and what earlier runs took. No platform is asked;
 * its store may be, for some seconds at most, how much data there is.
 *
 * @throws SluiceError `NoPlatformFits`, `ConfigInvalid`, `InvalidArgument`
 */
export async function planRun(options: PlanRunOptions): Promise<RunPlan> {
  const { graph, configuration, home, state } = options;
  const { platforms: settings = {}, router = {} } = configuration;
  const rules = compileRules(router.rules);
  await using elsewhere = platformStore(options.asksStores ? settings : {});
  const [prices, samples, data] = await Promise.all([
    readPrices(home),
    learnDurations(state, graph.name),
    measureSteps(options, elsewhere.open),
  ]);
  const durations = new Map<string, KnownOfTask['history']>();
  const known = (step: string, task: JobTask): KnownOfTask => {
    const measured = data.get(step);
    const bytes = task.dataSizeInBytes ?? measured?.listedBytes;
    const key = `${task.name} ${bytes}`;
    if (!durations.has(key)) durations.set(key, expectedDuration(samples.get(task.name) ?? [], bytes));
    return { ...measured, history: durations.get(key) };
  };
  return planGraph({
    graph,
    rules,
    router,
    settings,
    prices,
    enabled: enabledPlatforms(configuration),
    machine: ownMachine(),
    known,
  });
}

/** The store of the first platform at AWS; none where its settings do not say where that is. */
function platformStore(settings: PlatformsSettings): AsyncDisposable & { readonly open: StoreElsewhere } {
  const own = [settings.sagemaker, settings.emr].find((each) => each?.region ?? each?.endpoint);
  const access = own && new AwsAccess(own, {});
  return {
    open: async () => access?.store().catch(() => undefined),
    [Symbol.asyncDispose]: async () => access?.close(),
  };
}

type Measured = Pick<KnownOfTask, 'listedBytes' | 'dataPlace'>;

/** What each step reads, as far as that is there already. */
async function measureSteps(
  { graph, inputs, stores }: PlanRunOptions,
  elsewhere: StoreElsewhere,
): Promise<ReadonlyMap<string, Measured>> {
  const measure = new DataMeasure(stores, elsewhere);
  const values = (name: string): Json | undefined => inputs[name] ?? graph.interface.inputs[name]?.default;
  const measured = new Map<string, Measured>();
  await Promise.all(
    graph.nodes.map(async ({ id, task: name, inputs: bindings }) => {
      const task = graph.tasks[name];
      if (!task || task.type === 'function') return;
      const given = resolveBindings(bindings, { input: values, output: () => undefined });
      const places = placesOf(task, given);
      const found = await Promise.all(places.map(async (uri) => (uri ? measure.measure(uri) : undefined)));
      const known = found.map((each) => (each ? each.bytes : undefined));
      const isKnown = places.length > 0 && known.every((bytes) => bytes !== undefined);
      const isElsewhere = found.some((each) => each && each.place === 's3');
      measured.set(id, {
        ...(isKnown && { listedBytes: known.reduce((sum, bytes) => sum + bytes, 0) }),
        ...(found.some(Boolean) && { dataPlace: isElsewhere ? 's3' : 'local' }),
      });
    }),
  );
  return measured;
}

/** The places that a task reads; undefined for one that is not there yet. */
function placesOf(task: Task, given: Readonly<Record<string, Json>>): (string | undefined)[] {
  const uris = Object.entries(task.interface.inputs).filter(([, { type }]) => type === 'uri');
  return uris.flatMap(([name, variable]) => {
    const value = given[name] ?? variable.default;
    if (typeof value === 'string' && /^(?:s3|file):\/\//.test(value)) return [value];
    return variable.required === false && value === undefined ? [] : [undefined];
  });
}
