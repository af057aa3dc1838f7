import type { Configuration } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask, WorkflowGraph } from '../../graph/index.ts';
import { billOf, type Place, type RunPlan, unpackPlan, usdText } from '../../platforms/router/index.ts';
import { type Database, getRunPlan, listNodes, type NodeRecord } from '../../state/index.ts';
import { CAP_ANSWERS, PRICE_ANSWERS, unknownCost } from './approve-cost.ts';
import { jobPrices } from './job-prices.ts';

/** A run that is to be carried on. */
export interface ResumedRun {
  readonly state: Database;
  /** Absolute path of the home. */
  readonly home: string;
  readonly configuration: Configuration;
  readonly id: string;
  /** As it was recorded. */
  readonly graph: WorkflowGraph;
}

/**
 * What somebody has to agree to before a run is carried on: what its steps that have not succeeded would cost. Undefined
 * where that is nothing, or a cap has answered.
 *
 * @throws SluiceError `CostNotApproved` where that is more than a run may cost, with what is spent
 */
export async function resumeNotApproved(run: ResumedRun): Promise<SluiceError | undefined> {
  const { state, configuration, id, home } = run;
  const kept = await getRunPlan(state, id);
  if (kept === undefined) return undefined;
  const { platforms: settings = {}, router = {} } = configuration;
  const plan = unpackPlan(kept);
  const nodes = await listNodes(state, id);
  const { platforms, usd, knownUsd, unknown } = billOf(whatIsLeft(plan, run.graph, nodes), settings);
  if (platforms.length === 0) return undefined;
  const spent = spentUsd(run.graph, plan, nodes, await jobPrices(home, configuration));
  const cap = router.maxCostInUSDPerRun;
  const before = spent > 0 ? ` ${usdText(spent)} is spent.` : '';
  if (cap !== undefined && spent + knownUsd > cap) {
    throw new SluiceError(
      'CostNotApproved',
      `To carry the run on would cost ${usd === null ? 'at least' : 'about'} ${usdText(knownUsd)}, with what is spent, ${usdText(spent)}, more than router.maxCostInUSDPerRun, ${usdText(cap)}.`,
      { hint: 'Raise the cap: sluice config show tells which file it is in.' },
    );
  }
  if (cap !== undefined && usd !== null) return undefined;
  const where = platforms.join(', ');
  if (usd === null)
    return new SluiceError(
      'CostNotApproved',
      `${unknownCost('To carry the run on', where, knownUsd, unknown)}${before}`,
      { hint: PRICE_ANSWERS },
    );
  return new SluiceError(
    'CostNotApproved',
    `To carry the run on would cost about ${usdText(usd)} on ${where}.${before}`,
    { hint: CAP_ANSWERS },
  );
}

/** The plan of the steps that have not succeeded, from the place on that each has come to. */
function whatIsLeft(plan: RunPlan, graph: WorkflowGraph, nodes: readonly NodeRecord[]): RunPlan {
  const records = byNode(graph, nodes);
  const steps = plan.steps.flatMap((step) => {
    const { phase, detail } = records.get(step.step) ?? {};
    if (phase === 'Succeeded') return [];
    // What has failed everywhere begins again at the first place.
    const at = phase === 'Failed' || phase === 'TimedOut' ? 0 : (detail?.place ?? 0);
    return [{ ...step, places: step.places.slice(at) }];
  });
  return { ...plan, steps };
}

/** What is known of what the run has cost. */
function spentUsd(
  graph: WorkflowGraph,
  plan: RunPlan,
  nodes: readonly NodeRecord[],
  priceOf: (task: JobTask, place: Place) => number | undefined,
): number {
  const records = byNode(graph, nodes);
  let usd = 0;
  for (const { step, task: name, places } of plan.steps) {
    const task = graph.tasks[name];
    const { detail } = records.get(step) ?? {};
    if (!task || task.type === 'function' || !detail) continue;
    for (const { place: at = 0, billableSeconds = 0 } of [...(detail.spent ?? []), detail]) {
      const place = places[at];
      if (place)
        usd +=
          ((priceOf({ ...task, instanceType: place.instanceType }, place) ?? 0) * billableSeconds) / 3600;
    }
  }
  return usd;
}

function byNode(graph: WorkflowGraph, nodes: readonly NodeRecord[]): ReadonlyMap<string, NodeRecord> {
  return new Map(nodes.map((record) => [graph.nodes[record.position]?.id ?? '', record]));
}
