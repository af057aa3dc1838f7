import { isName, NAME_RULE } from '../contract/names.ts';
import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { checkBindings } from './check-bindings.ts';
import { checkTask } from './check-task.ts';
import { EnoughProblems, place, type Report } from './problems.ts';
import { taskOf } from './task-of.ts';
import { findCycle, readTopology } from './topology.ts';
import type { WorkflowGraph } from './types.ts';

/** How many problems one error tells. */
const MAX_SHOWN = 20;

/** After so many the check ends. */
const MAX_PROBLEMS = 40;

/**
 * Checks all rules of a graph that has the right form: names, tasks, inputs, types, cycles, SageMaker's limits.
 * Linear in the size of the graph.
 *
 * @throws SluiceError `GraphInvalid` that tells the problems, each with its task and where that is defined.
 */
export function checkGraph(graph: WorkflowGraph): void {
  const problems = findProblems(graph);
  if (problems.length === 0) return;
  const where = graph.file === undefined ? '' : ` (${graph.file})`;
  const shown = problems.slice(0, MAX_SHOWN);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  throw new SluiceError(
    'GraphInvalid',
    problems.length === 1
      ? `Workflow '${graph.name}'${where}: ${shown[0]}`
      : `Workflow '${graph.name}'${where} has ${problems.length} problems:\n${shown.map((line) => `  - ${line}`).join('\n')}`,
    { details: { problems } },
  );
}

/** The problems of a graph, the first forty, one or two sentences each; none when it can run. */
export function findProblems(graph: WorkflowGraph): string[] {
  const problems: string[] = [];
  try {
    findAll(graph, (problem) => {
      problems.push(problem);
      if (problems.length === MAX_PROBLEMS) throw new EnoughProblems();
    });
  } catch (error) {
    if (!(error instanceof EnoughProblems)) throw error;
  }
  return problems;
}

function findAll(graph: WorkflowGraph, report: Report): void {
  if (!isName(graph.name)) report(`The workflow's name: ${NAME_RULE}, got '${graph.name}'.`);
  for (const [name, task] of Object.entries(graph.tasks)) checkTask(name, task, report);
  checkNodes(graph, report);
  checkBindings(graph, report);
  checkCycle(graph, report);
}

function checkNodes(graph: WorkflowGraph, report: Report): void {
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    const task = taskOf(graph, node.task);
    if (!task) {
      report(
        `Node '${node.id}': there is no task '${node.task}'. ${suggest(node.task, Object.keys(graph.tasks))}`,
      );
    }
    if (!isName(node.id)) report(`Node '${node.id}'${place(task)}: its name: ${NAME_RULE}.`);
    if (seen.has(node.id)) {
      report(
        `Two nodes are called '${node.id}'${place(task)}. Name each call: ${node.task}(inputs, { name: '${node.id}-2' }).`,
      );
    }
    seen.add(node.id);
  }
}

function checkCycle(graph: WorkflowGraph, report: Report): void {
  const cycle = findCycle(readTopology(graph.nodes));
  if (!cycle) return;
  const nodes = cycle.map((position) => graph.nodes[position]);
  const task = graph.tasks[nodes[0]?.task ?? ''];
  const ids = nodes.map((node) => node?.id);
  if (ids.length > MAX_SHOWN) ids.splice(MAX_SHOWN / 2, ids.length - MAX_SHOWN, '…');
  report(`These nodes wait for each other${place(task)}: ${ids.join(' → ')}.`);
}
