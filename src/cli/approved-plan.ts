import { createInterface } from 'node:readline/promises';
import type { SluiceError } from '../core/errors.ts';
import type { Json, WorkflowGraph } from '../graph/index.ts';
import type { Home } from '../home/index.ts';
import { approveCost, costNotApproved } from '../home/plan/index.ts';
import type { RunPlan } from '../platforms/router/index.ts';
import type { CliContext } from './context.ts';
import { formatPlan, planDocument } from './display/plan-table.ts';
import { printJson } from './output.ts';

/** A run that is about to begin. */
export interface PlannedRun {
  readonly context: Pick<CliContext, 'json'>;
  readonly home: Home;
  /** With absolute places. */
  readonly graph: WorkflowGraph;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Whoever starts it has agreed to what it costs. */
  readonly yes: boolean;
}

/**
 * Shows where the steps of a run go, and asks where that costs money; undefined where this machine is all there is.
 *
 * @throws SluiceError `CostNotApproved`, `NoPlatformFits`
 */
export async function approvedPlan({
  context,
  home,
  graph,
  inputs,
  yes,
}: PlannedRun): Promise<RunPlan | undefined> {
  const planned = await home.plan(graph, inputs);
  if (!planned) return undefined;
  if (context.json) printJson({ type: 'plan', ...planDocument(graph.name, planned) });
  else process.stdout.write(`${formatPlan(graph.name, planned)}\n\n`);
  const approval = approveCost(planned, home.configuration, { yes });
  const refused = costNotApproved(approval);
  if (refused && !(await agrees(refused.message))) throw refused;
  return approval.plan;
}

/** Asks before a run is carried on that costs money. @throws SluiceError `CostNotApproved` */
export async function approveResume(
  home: Home,
  id: string,
  { graph, yes }: Pick<PlannedRun, 'graph' | 'yes'>,
): Promise<void> {
  const refused = await home.resumeNotApproved(id, graph);
  if (refused && !yes && !(await agrees(refused.message))) throw refused;
}

/** Asks before anything else that costs money. @throws SluiceError `CostNotApproved` */
export async function approve(refused: SluiceError): Promise<void> {
  if (!(await agrees(refused.message))) throw refused;
}

/** What a shell calls the end by Ctrl-C. */
const INTERRUPTED = 130;

/** Asks at the terminal; where there is none, nobody agrees, and who types Ctrl-C or Ctrl-D does not. */
async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} Begin? [y/N] `);
    return /^(?:y|yes)$/i.test(answer.trim());
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    if ((error as Error).message.endsWith('Ctrl+C')) process.exitCode = INTERRUPTED;
    process.stderr.write('\n');
    return false;
  } finally {
    terminal.close();
  }
}
