import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { LOG_GROUPS, logStreamName } from '../../contract/log-names.ts';
import { jobTypes, openHome } from '../../home/index.ts';
import type { JobRecord, JobType } from '../../jobs/index.ts';
import { readContext } from '../context.ts';
import { printDocument } from '../output.ts';

/** Where the job's log is, as comments of the YAML. */
function logLines({ type, name, createdAt }: JobRecord, hosts: readonly string[]): string[] {
  const streams = hosts.map((host) => logStreamName({ type, jobName: name, host, createdAt }));
  return [
    `# Log group ${LOG_GROUPS[type]}${streams.length === 0 ? '; no stream yet' : ''}`,
    ...streams.map((stream) => `# Log stream ${stream}`),
    `# Read it: sluice jobs logs ${name}`,
  ];
}

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
      const home = await openHome(context);
      try {
        const record = await home.findJob(name, type);
        const description: object = await home.jobs[record.type].describe(name);
        const streams = await home.jobs[record.type].logStreams(name);
        printDocument(context, description, (document) =>
          [stringify(JSON.parse(JSON.stringify(document))).trimEnd(), ...logLines(record, streams)].join(
            '\n',
          ),
        );
      } finally {
        await home.close();
      }
    });
}
