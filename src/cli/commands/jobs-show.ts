import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { JobType } from '../../jobs/index.ts';
import { readContext } from '../context.ts';
import { findJob, jobTypes, openJobs } from '../open-jobs.ts';
import { printDocument } from '../output.ts';

/** `sluice jobs show` */
export function configure(command: Command): void {
  command
    .argument('<name>', 'the name of the job')
    .addOption(new Option('--type <type>', 'the type of the job').choices([...jobTypes]))
    .addHelpText(
      'after',
      `
Prints what SageMaker's Describe call answers: as YAML, or as JSON with --json.

Examples:
  sluice jobs show diagnosis-x7k2-train-0
  sluice jobs show diagnosis-x7k2-train-0 --json | jq .FinalMetricDataList`,
    )
    .action(async (name: string, { type }: { readonly type?: JobType }) => {
      const context = readContext(command);
      const { jobs, close } = await openJobs(context);
      try {
        const record = await findJob(jobs, name, type);
        const description: object = await jobs[record.type].describe(name);
        printDocument(context, description, (document) =>
          stringify(JSON.parse(JSON.stringify(document))).trimEnd(),
        );
      } finally {
        await close();
      }
    });
}
