import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import picocolors from 'picocolors';
import { SluiceError } from '../../core/errors.ts';
import { writeOut } from '../../core/standard-streams.ts';
import { suggest } from '../../core/suggest.ts';
import { jobTypes, openHome } from '../../home/index.ts';
import { isEnded, type JobLogLine, type JobRecord, type JobType } from '../../jobs/index.ts';
import { readContext } from '../context.ts';
import { createLogPrinter } from '../display/log-printer.ts';

interface Options {
  readonly type?: JobType;
  readonly follow?: boolean;
  readonly stream?: string;
  readonly timestamps?: boolean;
}

/** `sluice jobs logs` */
export function configure(command: Command): void {
  command
    .argument('<name>', 'the name of the job')
    .addOption(new Option('--type <type>', 'the type of the job').choices([...jobTypes]))
    .option('-f, --follow', 'go on until the job has ended')
    .option('--stream <host>', 'the lines of one host alone, for example algo-1')
    .option('-t, --timestamps', 'begin each line with its time')
    .addHelpText(
      'after',
      `
Examples:
  sluice jobs logs diagnosis-x7k2-train-0
  sluice jobs logs diagnosis-x7k2-train-0 --follow --timestamps
  sluice jobs logs diagnosis-x7k2-train-0 --json`,
    )
    .action(async (name: string, options: Options) => {
      const context = readContext(command);
      const home = await openHome(context);
      try {
        const record = await home.findJob(name, options.type);
        const streams = await home.jobs[record.type].logStreams(name);
        checkThere(record, home.jobs[record.type].directory(name), streams, options);
        const toText = lineWriter(options, streams.length > 1);
        const { follow, stream } = options;
        const printer = createLogPrinter();
        for await (const { end: _end, ...line } of home.jobs[record.type].logs(name, { follow, stream })) {
          const written = await (context.json
            ? writeOut(`${JSON.stringify(line)}\n`)
            : printer.line(toText(line), line.overwritten));
          if (!written) break;
        }
        printer.end();
      } finally {
        await home.close();
      }
    });
}

/** A job that has ended without a directory, or without that stream, would print nothing, as if it had printed nothing. */
function checkThere(
  { name, status }: JobRecord,
  directory: string,
  streams: readonly string[],
  { stream }: Options,
): void {
  if (!isEnded(status)) return;
  if (!existsSync(directory)) {
    throw new SluiceError('LogsNotFound', `The logs of job '${name}' are gone: there is no ${directory}.`, {
      hint: 'Somebody has removed them, or the job was simulated. What it uploaded is still in its bucket.',
    });
  }
  if (stream === undefined || streams.includes(stream)) return;
  throw new SluiceError('LogsNotFound', `Job '${name}' has no log stream '${stream}'.`, {
    hint: suggest(stream, streams),
  });
}

function lineWriter({ timestamps, stream }: Options, several: boolean): (line: JobLogLine) => string {
  return (line) => {
    const time = timestamps ? `${picocolors.dim(line.timestamp.toISOString())} ` : '';
    const host = several && stream === undefined ? `${picocolors.cyan(line.stream)} ` : '';
    return `${time}${host}${line.message}`;
  };
}
