import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { type Database, getRun, isRunActive, listRunJobs, requestRunCancel } from '../../state/index.ts';
import { readContext } from '../context.ts';
import { openJobs } from '../open-jobs.ts';
import { printDocument } from '../output.ts';
import { shownPhase } from '../run-phase.ts';

/** Jobs have 120 s after SIGTERM; what they saved is uploaded then. Milliseconds. */
const WAIT_LIMIT_MS = 600_000;
const LOOK_INTERVAL_MS = 100;

/** `sluice runs cancel` */
export function configure(command: Command): void {
  command
    .argument('<id>', 'the id of the run')
    .option('--no-wait', 'do not wait for its end')
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
    .action(async (id: string, { wait }: { readonly wait: boolean }) => {
      const context = readContext(command);
      const { state, jobs, close } = await openJobs(context);
      try {
        const answer = await requestRunCancel(state, id, Date.now());
        if (answer === 'asked' && wait) await waitForEnd(state, id);
        if (answer === 'aborted') {
          // To look for them accounts for them: what their dead process has left running is ended.
          const own = await listRunJobs(state, id);
          await Promise.all(own.map(({ type, name }) => jobs[type].find(name)));
        }
        const phase = shownPhase(await getRun(state, id));
        printDocument(context, { id, phase }, () =>
          answer === 'asked' && !wait ? `${id} is asked to end.` : `${id} is ${phase}.`,
        );
      } finally {
        await close();
      }
    });
}

async function waitForEnd(state: Database, id: string): Promise<void> {
  const deadline = performance.now() + WAIT_LIMIT_MS;
  while (isRunActive(await getRun(state, id))) {
    if (performance.now() > deadline) {
      throw new SluiceError('RunActive', `Run '${id}' has been asked to end, and has not after 10 minutes.`, {
        hint: `Look at what it does: sluice runs show ${id}`,
      });
    }
    await sleep(LOOK_INTERVAL_MS);
  }
}
