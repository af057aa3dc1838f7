import picocolors from 'picocolors';
import type { NodeResult, RunEvent } from '../../engine/index.ts';
import type { RunDisplay, RunOutline } from './display.ts';
import { formatCount, formatDuration } from './format.ts';
import { phaseMark, stepText } from './step-text.ts';

/** Of a larger graph only failures and the count are printed. */
const largestDetailed = 50;
/** How often the count is printed, milliseconds. */
const countIntervalMs = 1000;

/** One line for each change, for pipes and files. */
export function createLineDisplay(graph: RunOutline, id: string): RunDisplay {
  const detailed = graph.nodes.length <= largestDetailed;
  const secondary = new Map<string, string>();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const count = detailed ? undefined : progressCount(graph.nodes.length, print);
  print(`${graph.name} ${id}: ${formatCount(graph.nodes.length, 'step')}`);
  return {
    note: (text) => void process.stderr.write(`note ${text}\n`),
    event: (event) => {
      if (event.type === 'node' && (detailed || event.node.error)) print(nodeLine(event));
      if (event.type === 'node') count?.see(event.node);
      if (event.type === 'job' && detailed) {
        const { secondaryStatus = '', phase, message = '' } = event.status;
        // SageMaker has none for processing and transform jobs.
        const isNew = secondaryStatus !== '' && secondary.get(event.node) !== secondaryStatus;
        secondary.set(event.node, secondaryStatus);
        if (isNew && (phase === 'initializing' || phase === 'running')) {
          print(`  ${event.node}  ${secondaryStatus}  ${message}`.trimEnd());
        }
      }
    },
    output: (step, line) => print(`  ${step} ${picocolors.dim('│')} ${line}`),
    close: () => count?.close(),
  };
}

function nodeLine({ node, time }: Extract<RunEvent, { type: 'node' }>): string {
  return `${phaseMark(node.phase)} ${node.id}  ${stepText(node, undefined, time)}`;
}

/** Prints how many steps have ended, once a second. */
function progressCount(total: number, print: (line: string) => void) {
  const started = performance.now();
  const ended = new Set<string>();
  const timer = setInterval(() => {
    print(`${ended.size} of ${total} steps after ${formatDuration(performance.now() - started)}`);
  }, countIntervalMs);
  return {
    see: ({ id, endedAt }: NodeResult) => {
      if (endedAt) ended.add(id);
    },
    close: () => clearInterval(timer),
  };
}
