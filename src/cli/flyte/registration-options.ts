import { type Command, InvalidArgumentError } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import type { PlanPackageOptions, Schedule } from '../../flyte/registration/index.ts';
import type { WorkflowGraph } from '../../graph/index.ts';
import { collectKeyValue } from '../key-value.ts';
import { readWorkflowInputs } from '../workflow-inputs.ts';

/** What registration takes beside files. */
export interface RegistrationOptions {
  readonly version?: string;
  readonly image?: string;
  readonly pipeline?: boolean;
  readonly launchPlan?: string;
  readonly default?: Readonly<Record<string, string>>;
  readonly fixed?: Readonly<Record<string, string>>;
  readonly cron?: Schedule;
  readonly every?: Schedule;
}

/** Adds what a workflow is registered as. */
export function addRegistrationOptions(command: Command): Command {
  return command
    .option('--version <version>', 'the version; it never changes (default: follows from the content)')
    .option('--image <image>', 'an image with Node and Sluice, for functions')
    .option('--pipeline', "one task that Sluice's engine runs, in place of a node for each step");
}

/** Adds what launch plans say. */
export function addLaunchPlanOptions(command: Command): Command {
  return command
    .option('--launch-plan <name>', "a launch plan beside the workflow's own")
    .option(
      '--default <name=value>',
      'an input that the launch plan begins with (repeat it)',
      collectKeyValue,
    )
    .option('--fixed <name=value>', 'an input that no execution may change (repeat it)', collectKeyValue)
    .option('--cron <expression>', "when the launch plan starts: '0 3 * * *', '@daily'", parseCron)
    .option('--every <time>', 'how often the launch plan starts: 30m, 6h, 1d', parseRate);
}

function parseCron(text: string): Schedule {
  if (/^@(?:hourly|hours|daily|days|weekly|weeks|monthly|months|yearly|years|annually)$/.test(text))
    return { cronSchedule: { schedule: text } };
  if (text.trim().split(/\s+/).length === 5) return { cronSchedule: { schedule: text.trim() } };
  throw new InvalidArgumentError(
    `Expected five fields, minute to weekday, or @hourly, @daily, @weekly, @monthly, @yearly; got '${text}'.`,
  );
}

const units = { m: 'MINUTE', h: 'HOUR', d: 'DAY' } as const;

function parseRate(text: string): Schedule {
  const [, value, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (value === undefined)
    throw new InvalidArgumentError(`Expected a time such as 30m, 6h or 1d; got '${text}'.`);
  return { rate: { value: Number(value), unit: units[unit as keyof typeof units] } };
}

/** What a workflow is registered with, as the options say. @throws SluiceError `InvalidArgument` */
export function planOptions(
  graph: WorkflowGraph,
  options: RegistrationOptions,
): Omit<PlanPackageOptions, 'place' | 'version'> {
  if (options.cron && options.every)
    throw new SluiceError('InvalidArgument', '--cron and --every: a launch plan has one schedule.');
  const { image, pipeline, launchPlan: name } = options;
  return {
    graph,
    image,
    pipeline,
    launchPlan: {
      name,
      defaults: readWorkflowInputs(options.default ?? {}, graph.interface, '--default'),
      fixed: readWorkflowInputs(options.fixed ?? {}, graph.interface, '--fixed'),
      schedule: options.cron ?? options.every,
    },
  };
}
