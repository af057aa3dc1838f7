import { type Command, Option } from 'commander';
import { jobTypes, openHome } from '../../home/index.ts';
import { isEnded, type JobType } from '../../jobs/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

interface Options {
  readonly type?: JobType;
  readonly wait: boolean;
}

/** `sluice jobs stop` */
export function configure(command: Command): void {
  command
    .argument('<name>', 'the name of the job')
    .addOption(new Option('--type <type>', 'the type of the job').choices([...jobTypes]))
    .option('--no-wait', 'do not wait for its end')
    .addHelpText(
      'after',
      `
The job gets SIGTERM, and SIGKILL 120 seconds later. A job that has ended stays
as it is.

Examples:
  sluice jobs stop diagnosis-x7k2-train-0
  sluice jobs stop diagnosis-x7k2-train-0 --no-wait`,
    )
    .action(async (name: string, options: Options) => {
      const context = readContext(command);
      const home = await openHome(context);
      try {
        const { type, status } = await home.findJob(name, options.type);
        if (!isEnded(status)) {
          await home.jobs[type].stop(name);
          if (options.wait) await home.jobs[type].wait(name);
        }
        const record = await home.jobs[type].record(name);
        printDocument(context, { name, type, status: record.status }, () => `${name} is ${record.status}.`);
      } finally {
        await home.close();
      }
    });
}
