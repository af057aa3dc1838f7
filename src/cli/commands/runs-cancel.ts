import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { openHome, type ShownPhase, shownPhase } from '../../home/index.ts';
import type { JobSummary } from '../../jobs/index.ts';
import type { RunSummaryBody } from '../../server/index.ts';
import {
  type Database,
  getRun,
  isRunActive,
  listRunJobs,
  readRoster,
  requestRunCancel,
} from '../../state/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';
import type { RemoteServer } from '../remote/remote-server.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

/** Jobs that are accounted for at the same time. */
const FOUND_AT_ONCE = 16;

/** Jobs have 120 s after SIGTERM; what they saved is uploaded then. Milliseconds. */
const WAIT_MS = { everyMs: 100, limitMs: 600_000 };

interface Options extends ServerOption {
  readonly wait: boolean;
}

/** `sluice runs cancel` */
export function configure(command: Command): void {
  addServerOption(
    command.argument('<id>', 'the id of the run').option('--no-wait', 'do not wait for its end'),
  )
    .addHelpText(
      'after',
      `
Whichever process carries the run out: its jobs get SIGTERM, and SIGKILL 120
seconds later. A run that lost its process ends as Aborted. \`sluice runs resume\`
carries either on. A run that has ended stays as it is.

Examples:
  sluice runs cancel diagnosis-20261120-120000-ab12
  sluice runs cancel diagnosis-20261120-120000-ab12 --no-wait`,
    )
    .action(async (id: string, { wait, ...options }: Options) => {
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) {
        const run = await cancelRemotely(server, id, wait);
        return printDocument(context, { id, phase: run.phase }, () =>
          run.phase === 'Running' ? `${id} is asked to end.` : `${id} is ${run.phase}.`,
        );
      }
      const { state, jobs, close } = await openHome(context);
      try {
        const answer = await requestRunCancel(state, id, Date.now());
        if (answer === 'asked' && wait) await waitForEnd(state, id);
        if (answer === 'aborted') {
          // To look for them accounts for them: what their dead process has left running is ended.
          const own = await listRunJobs(state, id);
          await mapAtOnce(
            own,
            FOUND_AT_ONCE,
            async ({ type, name }): Promise<JobSummary | undefined> => jobs[type].find(name),
          );
        }
        const phase = await phaseOf(state, id);
        printDocument(context, { id, phase }, () =>
          answer === 'asked' && !wait ? `${id} is asked to end.` : `${id} is ${phase}.`,
        );
      } finally {
        await close();
      }
    });
}

async function phaseOf(state: Database, id: string): Promise<ShownPhase> {
  const run = await getRun(state, id);
  return shownPhase(await readRoster(state), run);
}

async function waitForEnd(state: Database, id: string): Promise<void> {
  const hasEnded = async (): Promise<boolean> => {
    const run = await getRun(state, id);
    return !isRunActive(await readRoster(state), run);
  };
  if (await pollUntil(hasEnded, WAIT_MS)) return;
  throw new SluiceError('RunActive', `Run '${id}' has been asked to end, and has not after 10 minutes.`, {
    hint: `Look at what it does: sluice runs show ${id}`,
  });
}

async function cancelRemotely(server: RemoteServer, id: string, wait: boolean): Promise<RunSummaryBody> {
  const path = `/runs/${encodeURIComponent(id)}`;
  let run = await server.ask<RunSummaryBody>('POST', `${path}/cancel`);
  const hasEnded = async (): Promise<boolean> => {
    run = await server.ask<RunSummaryBody>('GET', path);
    return run.phase !== 'Running';
  };
  if (wait && run.phase === 'Running') await pollUntil(hasEnded, WAIT_MS);
  return run;
}
