import { type Command, Option } from 'commander';
import { openState, shownPhase } from '../../home/index.ts';
import type { RunSummaryBody } from '../../server/index.ts';
import { listRuns, type Roster, type RunPhase, type RunRecord, readRoster } from '../../state/index.ts';
import { readContext } from '../context.ts';
import { formatDuration, formatTime } from '../display/format.ts';
import { colourState } from '../display/states.ts';
import { parseCount } from '../key-value.ts';
import { fitTable, formatTable, printDocument } from '../output.ts';
import type { RemoteServer } from '../remote/remote-server.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

/** Runs that a server tells of at once. */
const PAGE = 1000;

interface Options extends ServerOption {
  readonly workflow?: string;
  readonly phase?: RunPhase;
  readonly limit: number;
}

/** `sluice runs ls` */
export function configure(command: Command): void {
  addServerOption(command)
    .option('--workflow <name>', 'only runs of this workflow')
    .addOption(
      new Option('--phase <phase>', 'only runs in this phase').choices([
        'Running',
        'Succeeded',
        'Failed',
        'Aborted',
      ]),
    )
    .option('--limit <n>', 'at most so many, the newest first', parseCount, 20)
    .addHelpText(
      'after',
      `
A run that is Crashed lost its process; \`sluice runs resume\` carries it on.

Examples:
  sluice runs ls
  sluice runs ls --workflow diagnosis --phase Failed
  sluice runs ls --limit 1000 --json`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) {
        const runs = await listRemotely(server, options);
        const documents = runs.map((run) => ({ ...run, createdAt: new Date(run.createdAt) }));
        return printDocument(context, { runs: documents }, (shown) => toText(shown as never));
      }
      const state = await openState(context, 'read');
      try {
        const runs = await listRuns(state, options);
        const roster = await readRoster(state);
        printDocument(context, { runs: runs.map((run) => toDocument(roster, run)) }, toText);
      } finally {
        await state.close();
      }
    });
}

/** Page by page. */
async function listRemotely(
  server: RemoteServer,
  { workflow, phase, limit }: Options,
): Promise<RunSummaryBody[]> {
  const found: RunSummaryBody[] = [];
  for (let token: string | undefined; ; ) {
    const query = new URLSearchParams({
      limit: String(Math.min(PAGE, limit - found.length)),
      ...(workflow !== undefined && { workflow }),
      ...(phase !== undefined && { phase }),
      ...(token !== undefined && { token }),
    });
    const page = await server.ask<{ runs: RunSummaryBody[]; nextToken?: string }>(
      'GET',
      `/runs?${query.toString()}`,
    );
    found.push(...page.runs);
    token = page.nextToken;
    if (token === undefined || found.length >= limit) return found;
  }
}

function toDocument(roster: Roster, run: RunRecord) {
  const { id, workflow, nodeCount, createdAt, endedAt, error } = run;
  return {
    id,
    workflow,
    phase: shownPhase(roster, run),
    nodeCount,
    createdAt: new Date(createdAt),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt), durationMs: endedAt - createdAt }),
    ...(error === undefined ? {} : { error }),
  };
}

function toText({ runs }: { readonly runs: readonly ReturnType<typeof toDocument>[] }): string {
  if (runs.length === 0) return 'No runs yet. `sluice run pipeline.ts` makes one.';
  const rows = runs.map(({ id, workflow, phase, nodeCount, createdAt, durationMs }) => [
    phase,
    workflow,
    String(nodeCount),
    formatTime(createdAt),
    durationMs === undefined ? '–' : formatDuration(durationMs),
    id,
  ]);
  // The id begins with the workflow, and tells the time of UTC.
  const fitting = fitTable(['PHASE', 'WORKFLOW', 'STEPS', 'CREATED', 'DURATION', 'ID'], rows, [
    'WORKFLOW',
    'CREATED',
    'STEPS',
  ]);
  return formatTable(fitting.header, fitting.rows, { 0: colourState });
}
