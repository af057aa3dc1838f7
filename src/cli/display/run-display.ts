import type { CliContext } from '../context.ts';
import { printJson } from '../output.ts';
import type { RunDisplay, RunOutline } from './display.ts';
import { createLineDisplay } from './line-display.ts';
import { createTerminalDisplay } from './terminal-display.ts';

/** Redrawn lines on a terminal, plain ones in a pipe, events with `--json`. */
export function createRunDisplay({ json }: CliContext, graph: RunOutline, id: string): RunDisplay {
  if (json) return jsonDisplay(id);
  return process.stdout.isTTY ? createTerminalDisplay(graph, id) : createLineDisplay(graph, id);
}

function jsonDisplay(runId: string): RunDisplay {
  return {
    note: (text) => printJson({ type: 'note', runId, text }),
    event: (event) => printJson({ ...event, runId }),
    output: (node, message) => printJson({ type: 'log', runId, node, message }),
    close: () => undefined,
  };
}
