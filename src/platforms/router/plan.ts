import { SluiceError } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { type JobTask, readTopology, topologicalOrder, type WorkflowGraph } from '../../graph/index.ts';
import { choosePlatform, fixedChoice } from './choose.ts';
import type { ChooseOptions } from './choose-options.ts';
import { factsOf, type KnownOfTask } from './facts.ts';
import type { Choice, Place } from './place.ts';
import { AUTO_PLATFORM, isPlatformName, type PlatformName } from './platform-names.ts';

/** Where one step runs. */
export interface PlanStep extends Choice {
  /** The node's id. */
  readonly step: string;
  readonly task: string;
  /** What it reads, where that is known. Bytes. */
  readonly dataSizeBytes?: number;
}

/** Where the steps of a run go, and what that is expected to take and to cost. Plain JSON. */
export interface RunPlan {
  readonly policy: 'flowchart' | 'cost' | 'deadline';
  readonly steps: readonly PlanStep[];
  /** `seconds`: with every step started as soon as it can. `usd` is null where some step's price is unknown. */
  readonly total: { readonly seconds: number; readonly usd: number | null };
}

/** What a plan is made with. */
export interface PlanOptions extends ChooseOptions {
  readonly graph: WorkflowGraph;
  /** What is known of a step's task beside what it says itself. @default nothing */
  readonly known?: (step: string, task: JobTask) => KnownOfTask | undefined;
}

/** Where functions run. */
const IN_PROCESS: Place = { platform: 'local', instanceType: 'local', spot: false, seconds: 0, usd: 0 };

/**
 * Plans a workflow: where each step runs, by rule and policy, or as its task says. Nothing is asked of any platform. Pure.
 *
 * @throws SluiceError `NoPlatformFits`, `InvalidArgument` for a platform that is unknown or not enabled
 */
export function planGraph(options: PlanOptions): RunPlan {
  const { graph, router, known = () => undefined } = options;
  const choices = new Map<string, Choice>();
  const steps = graph.nodes.map(({ id, task: name }): PlanStep => {
    const task = graph.tasks[name];
    if (!task) throw new Error(`There is no task '${name}'.`);
    if (task.type === 'function') return { step: id, task: name, ...functionChoice };
    const knownOf = known(id, task) ?? {};
    // Steps of one task of which the same is known go the same way.
    const key = `${name}\0${JSON.stringify(knownOf)}`;
    const choice = choices.get(key) ?? choose(task, knownOf, options);
    choices.set(key, choice);
    const size = task.dataSizeInBytes ?? knownOf.listedBytes;
    return { step: id, task: name, ...choice, ...(size !== undefined && { dataSizeBytes: size }) };
  });
  return { policy: router.policy ?? 'flowchart', steps, total: totalOf(graph, steps) };
}

const functionReason = "a function runs in Sluice's own process";

const functionChoice: Choice = {
  chosen: { ...IN_PROCESS, reason: functionReason },
  considered: [{ ...IN_PROCESS, fits: true, reason: functionReason }],
  places: [IN_PROCESS],
};

function choose(task: JobTask, known: KnownOfTask, options: PlanOptions): Choice {
  const facts = factsOf(task, known);
  const platform = namedPlatform(task, options);
  return platform === undefined ? choosePlatform(facts, options) : fixedChoice(platform, facts, options);
}

/** The platform that a task names; undefined where the router is to choose: the default where there is a choice. */
function namedPlatform({ name, platform }: JobTask, { enabled }: PlanOptions): PlatformName | undefined {
  if (platform === undefined || platform === AUTO_PLATFORM) return undefined;
  if (isPlatformName(platform) && enabled.includes(platform)) return platform;
  const problem = isPlatformName(platform)
    ? `the platform '${platform}' is not enabled.`
    : `there is no platform '${platform}'.`;
  throw new SluiceError(
    'InvalidArgument',
    `Task '${name}': ${problem} ${suggest(platform, [...enabled, AUTO_PLATFORM])}`,
    {
      hint: isPlatformName(platform)
        ? `A platform is enabled by its settings: \`platforms: { ${platform}: {} }\` in sluice.yaml.`
        : 'Name one of these with --platform, or as platform of the task; further ones are enabled under `platforms:` in sluice.yaml.',
    },
  );
}

/** The longest way through the graph, and the sum of what is billed. */
function totalOf({ nodes }: WorkflowGraph, steps: readonly PlanStep[]): RunPlan['total'] {
  const topology = readTopology(nodes);
  const ends: number[] = [];
  let usd: number | null = 0;
  for (const position of topologicalOrder(topology)) {
    const { chosen } = steps[position] as PlanStep;
    let begin = 0;
    for (const each of topology.dependencies[position] ?? []) begin = Math.max(begin, ends[each] ?? 0);
    ends[position] = begin + chosen.seconds;
    usd = usd === null || chosen.usd === null ? null : usd + chosen.usd;
  }
  const seconds = ends.reduce((longest, end) => Math.max(longest, end), 0);
  return { seconds, usd: usd === null ? null : Math.round(usd * 1e6) / 1e6 };
}
