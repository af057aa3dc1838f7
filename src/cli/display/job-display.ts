import picocolors from 'picocolors';
import { writeOut } from '../../core/standard-streams.ts';
import type { JobTask } from '../../graph/index.ts';
import type { JobStatus, LogLine } from '../../platforms/index.ts';
import { type CostEstimate, estimateCost } from '../../platforms/prices/index.ts';
import type { CliContext } from '../context.ts';
import { printJson } from '../output.ts';
import { formatDuration, formatUsd } from './format.ts';
import { createLogPrinter } from './log-printer.ts';
import { metricText } from './sparkline.ts';
import { colourState } from './states.ts';

/** Shows one job while it runs. */
export interface JobDisplay {
  note(text: string): void;
  /** The job exists. */
  submitted(): void;
  status(status: JobStatus): void;
  /** Resolves once the line may be followed by another: a slow reader slows the log down. */
  log(line: LogLine): Promise<unknown>;
  /**
   * @param copied paths that the outputs were copied to
   * @param values of metrics over time, by their names
   */
  end(status: JobStatus, copied: readonly string[], values: MetricValues): void;
}

type MetricValues = Readonly<Record<string, readonly number[]>>;

/** Lines for people; with `--json` one event per line. */
export function createJobDisplay(context: CliContext, jobName: string, task: JobTask): JobDisplay {
  return context.json ? jsonDisplay(jobName, task) : textDisplay(context, jobName, task);
}

function jsonDisplay(jobName: string, task: JobTask): JobDisplay {
  let last: string | undefined;
  return {
    note: (text) => printJson({ type: 'note', jobName, text }),
    submitted: () => undefined,
    status: ({ phase, status, secondaryStatus, message }) => {
      if (secondaryStatus === last) return;
      last = secondaryStatus;
      printJson({ type: 'status', jobName, phase, status, secondaryStatus, message });
    },
    log: (line) => writeOut(`${JSON.stringify({ type: 'log', jobName, ...line })}\n`),
    end: (status, copied) =>
      printJson({ type: 'result', jobName, ...status, copied, cost: costOf(task, status) }),
  };
}

function textDisplay({ paths }: CliContext, jobName: string, task: JobTask): JobDisplay {
  let last: string | undefined;
  const printer = createLogPrinter();
  const print = (line: string) => {
    printer.end();
    process.stdout.write(`${line}\n`);
  };
  return {
    note: (text) => void process.stderr.write(`${picocolors.yellow('note')} ${text}\n`),
    submitted: () => print(picocolors.bold(jobName)),
    status: ({ secondaryStatus, message, phase }) => {
      if (secondaryStatus === last || isTerminal(phase)) return;
      last = secondaryStatus;
      print(`${picocolors.cyan('▸')} ${secondaryStatus}${message ? picocolors.dim(`  ${message}`) : ''}`);
    },
    log: ({ stream, message, overwritten }) =>
      printer.line(`${hostPrefix(task, stream)}  ${picocolors.dim('│')} ${message}`, overwritten),
    end: (status, copied, values) => {
      print(resultLine(status));
      for (const line of outcomeLines(status, values)) print(line);
      for (const line of costLines(task, status)) print(line);
      for (const path of copied) print(`  ${picocolors.dim('copied to')} ${path}`);
      if (hasPlaces(status)) print(picocolors.dim(`  s3:// is ${paths.objects}/`));
      else if (status.phase === 'succeeded') print('  The job left no output.');
    },
  };
}

/** Which host a line comes from, where there are several. */
function hostPrefix({ instanceCount }: JobTask, stream: string): string {
  return instanceCount > 1 ? picocolors.cyan(stream) : '';
}

function costOf({ type, instanceType }: JobTask, { billableSeconds }: JobStatus): CostEstimate | undefined {
  return billableSeconds === undefined || instanceType === 'local'
    ? undefined
    : estimateCost([{ jobType: type, instanceType, billableSeconds }]);
}

function costLines(task: JobTask, status: JobStatus): string[] {
  const cost = costOf(task, status);
  if (!cost) return [];
  const spot =
    task.type === 'training' && task.enableManagedSpotTraining
      ? `, ${formatUsd(cost.withSpot)} with managed spot training`
      : '';
  const text =
    cost.unknownInstanceTypes.length > 0
      ? `no price of ${task.instanceType} is known`
      : `${formatUsd(cost.onDemand)} on demand${spot} (${task.instanceType}, ${cost.region}, ${cost.recorded})`;
  return [picocolors.dim(`  on SageMaker: ${text}`)];
}

function hasPlaces({ outputs }: JobStatus): boolean {
  return Object.values(outputs).some((value) => typeof value === 'string');
}

function isTerminal(phase: JobStatus['phase']): boolean {
  return phase === 'succeeded' || phase === 'failed' || phase === 'aborted';
}

function resultLine({ status, startedAt, endedAt, billableSeconds }: JobStatus): string {
  const duration =
    startedAt && endedAt ? ` in ${formatDuration(endedAt.getTime() - startedAt.getTime())}` : '';
  const billed = billableSeconds === undefined ? '' : `, ${billableSeconds} billable seconds`;
  return `${colourState(status)}${duration}${billed}`;
}

/** Metrics, then where each output lies. */
function outcomeLines({ metrics, outputs }: JobStatus, values: MetricValues): string[] {
  const rows = [
    ...Object.entries(metrics).map(([name, value]) => [name, metricText(value, values[name])]),
    ...Object.entries(outputs).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  ];
  const width = Math.max(0, ...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value]) => `  ${name.padEnd(width)}  ${value}`);
}
