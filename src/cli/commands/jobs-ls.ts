import { type Command, Option } from 'commander';
import { jobTypes, openHome } from '../../home/index.ts';
import type { JobRecord, JobState, JobType } from '../../jobs/index.ts';
import { readContext } from '../context.ts';
import { formatDuration, formatTime } from '../display/format.ts';
import { colourState } from '../display/states.ts';
import { parseCount } from '../key-value.ts';
import { fitTable, formatTable, printDocument } from '../output.ts';

interface Options {
  readonly type?: JobType;
  readonly status?: JobState;
  readonly nameContains?: string;
  readonly limit: number;
}

const states = ['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped'];

/** `sluice jobs ls` */
export function configure(command: Command): void {
  command
    .addOption(new Option('--type <type>', 'only jobs of this type').choices([...jobTypes]))
    .addOption(new Option('--status <status>', 'only jobs in this status').choices(states))
    .option('--name-contains <text>', 'only jobs with this in their names')
    .option('--limit <n>', 'at most so many, the newest first', parseCount, 20)
    .addHelpText(
      'after',
      `
Examples:
  sluice jobs ls
  sluice jobs ls --type training --status Failed
  sluice jobs ls --limit 1000 --json`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const { jobs, close } = await openHome(context);
      try {
        const { type, status, nameContains, limit } = options;
        const wanted = type === undefined ? jobTypes : [type];
        const lists = await Promise.all(
          wanted.map((each): Promise<JobRecord[]> => jobs[each].list({ status, nameContains, limit })),
        );
        const newest = lists.flat().sort((a, b) => b.createdAt - a.createdAt);
        printDocument(context, { jobs: newest.slice(0, limit).map(toDocument) }, toText);
      } finally {
        await close();
      }
    });
}

function toDocument({
  name,
  type,
  status,
  secondaryStatus,
  createdAt,
  startedAt,
  endedAt,
  progress,
}: JobRecord) {
  return {
    name,
    type,
    status,
    secondaryStatus,
    createdAt: new Date(createdAt),
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
    ...(progress.failureReason === undefined ? {} : { failureReason: progress.failureReason }),
  };
}

function toText({ jobs }: { readonly jobs: readonly ReturnType<typeof toDocument>[] }): string {
  if (jobs.length === 0) return 'No jobs. `sluice run` and `sluice train` make some.';
  const rows = jobs.map(({ name, type, status, createdAt, startedAt, endedAt }) => [
    status,
    type,
    formatTime(createdAt),
    startedAt === undefined ? '–' : formatDuration((endedAt?.getTime() ?? Date.now()) - startedAt.getTime()),
    name,
  ]);
  const fitting = fitTable(['STATUS', 'TYPE', 'CREATED', 'DURATION', 'NAME'], rows, [
    'CREATED',
    'DURATION',
    'TYPE',
  ]);
  return formatTable(fitting.header, fitting.rows, { 0: colourState });
}
