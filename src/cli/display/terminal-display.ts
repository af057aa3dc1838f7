import picocolors from 'picocolors';
import type { NodeResult } from '../../engine/index.ts';
import type { JobStatus } from '../../platforms/index.ts';
import type { RunDisplay, RunOutline } from './display.ts';
import { LiveRegion } from './live-region.ts';
import { phaseMark, stepText } from './step-text.ts';

const refreshMs = 100;
/** Of a larger graph the steps that run are shown, and a count of the others. */
const mostLines = 16;

/** The graph's steps in place, redrawn while they go on. */
export function createTerminalDisplay(graph: RunOutline, id: string): RunDisplay {
  const region = new LiveRegion(process.stdout);
  const nodes = new Map<string, NodeResult>(graph.nodes.map((node) => [node.id, notStarted(graph, node)]));
  const jobs = new Map<string, JobStatus>();
  const width = Math.min(32, Math.max(...graph.nodes.map((node) => node.id.length)));
  let frame = 0;
  const heading = `${picocolors.bold(graph.name)} ${id}`;
  let closed = false;
  const draw = () => closed || region.draw([heading, ...lines([...nodes.values()], jobs, width, frame)]);
  const timer = setInterval(() => {
    frame += 1;
    draw();
  }, refreshMs);
  draw();
  return {
    note: (text) => {
      region.clear();
      process.stderr.write(`${picocolors.yellow('note')} ${text}\n`);
      draw();
    },
    output: (step, line) => {
      region.clear();
      process.stdout.write(`${picocolors.cyan(step)} ${picocolors.dim('│')} ${line}\n`);
      draw();
    },
    event: (event) => {
      if (event.type === 'node') nodes.set(event.node.id, event.node);
      if (event.type === 'job') jobs.set(event.node, event.status);
    },
    close: () => {
      clearInterval(timer);
      closed = true;
      region.clear();
    },
  };
}

function notStarted({ tasks }: RunOutline, { id, task }: RunOutline['nodes'][number]): NodeResult {
  return { id, task, taskType: tasks[task]?.type ?? 'function', phase: 'NotYetStarted', attempt: 0 };
}

function lines(
  nodes: readonly NodeResult[],
  jobs: ReadonlyMap<string, JobStatus>,
  width: number,
  frame: number,
): string[] {
  const shown = nodes.length <= mostLines ? nodes : nodes.filter(({ phase }) => phase === 'Running');
  const now = new Date();
  const rows = shown.slice(0, mostLines).map((node) => {
    const text =
      node.phase === 'NotYetStarted' ? picocolors.dim('waiting') : stepText(node, jobs.get(node.id), now);
    return `${phaseMark(node.phase, frame)} ${node.id.padEnd(width)}  ${text}`;
  });
  return shown === nodes ? rows : [...rows, countLine(nodes)];
}

function countLine(nodes: readonly NodeResult[]): string {
  const succeeded = nodes.filter(({ phase }) => phase === 'Succeeded').length;
  const running = nodes.filter(({ phase }) => phase === 'Running').length;
  return picocolors.dim(`${succeeded} of ${nodes.length} steps succeeded, ${running} running`);
}
