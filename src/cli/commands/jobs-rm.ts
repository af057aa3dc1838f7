import { type Command, Option } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { jobTypes, openHome } from '../../home/index.ts';
import { isEnded, type JobType } from '../../jobs/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

/** `sluice jobs rm` */
export function configure(command: Command): void {
  command
    .argument('<name...>', 'the names of the jobs')
    .addOption(new Option('--type <type>', 'the type of the jobs').choices([...jobTypes]))
    .addHelpText(
      'after',
      `
Removes jobs that have ended, with their logs and data. What they uploaded stays.

Examples:
  sluice jobs rm train-20261120-120000-abcd
  sluice jobs rm first second --type training`,
    )
    .action(async (names: string[], { type }: { readonly type?: JobType }) => {
      const context = readContext(command);
      const home = await openHome(context);
      try {
        // All are looked at before the first goes.
        const found = await Promise.all(names.map((name) => home.findJob(name, type)));
        const active = found.find(({ status }) => !isEnded(status));
        if (active) {
          throw new SluiceError('JobActive', `Job '${active.name}' is ${active.status}.`, {
            hint: `Stop it first: sluice jobs stop ${active.name}`,
          });
        }
        for (const job of found) await home.jobs[job.type].remove(job);
        printDocument(context, { removed: names }, () => `Removed ${names.join(', ')}.`);
      } finally {
        await home.close();
      }
    });
}
