import type { RunBody, RunSummaryBody } from '../../server/index.ts';
import type { CliContext } from '../context.ts';
import type { RunOutline } from '../display/display.ts';
import { printDocument } from '../output.ts';
import type { RemoteServer } from './remote-server.ts';
import { followRemoteRun } from './run-remotely.ts';

/** A run that a server is to carry on. */
export interface RemoteResumeOptions {
  readonly context: CliContext;
  readonly server: RemoteServer;
  readonly id: string;
  /** Leaves it to the server once it goes on. */
  readonly detach: boolean;
}

/** Has a server carry a run on, and shows what happens from then on. @throws SluiceError */
export async function resumeRemotely(options: RemoteResumeOptions): Promise<void> {
  const { context, server, id, detach } = options;
  const path = `/runs/${encodeURIComponent(id)}`;
  const before = await server.ask<RunBody>('GET', path);
  const run = await server.ask<RunSummaryBody>('POST', `${path}/resume`);
  if (detach) return printDocument(context, run, () => `${id} is ${run.phase}.`);
  if (before.phase === 'Succeeded' && !context.json)
    process.stderr.write(`Run '${id}' has succeeded already: there is nothing to carry on.\n`);
  await followRemoteRun({
    context,
    server,
    graph: outlineOf(before),
    id,
    steps: [],
    after: before.lastEvent,
  });
}

function outlineOf({ workflow, nodes }: RunBody): RunOutline {
  return {
    name: workflow,
    nodes: nodes.map(({ id, task }) => ({ id, task })),
    tasks: Object.fromEntries(nodes.map(({ task, type }) => [task, { type }])),
  };
}
