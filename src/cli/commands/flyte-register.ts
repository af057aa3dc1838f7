import { join } from 'node:path';
import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import {
  contentVersion,
  type EntityPlace,
  inlineBundles,
  planPackage,
  type RegisteredEntity,
  writePackage,
} from '../../flyte/registration/index.ts';
import { type CliContext, readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { type FlyteWorkflow, readFlyteWorkflows } from '../flyte/flyte-workflows.ts';
import { registerWorkflow } from '../flyte/register-workflow.ts';
import {
  addLaunchPlanOptions,
  addRegistrationOptions,
  planOptions,
  type RegistrationOptions,
} from '../flyte/registration-options.ts';
import { printDocument } from '../output.ts';

interface Options extends FlyteOptions, RegistrationOptions {
  readonly workflow?: string;
  readonly dryRun?: string;
  readonly activate?: boolean;
}

/** `sluice flyte register` */
export function configure(command: Command): void {
  command
    .argument('<file...>', 'files that export workflows, or graphs: graph.json')
    .option('--workflow <name>', 'one workflow alone (default: all)');
  addLaunchPlanOptions(addRegistrationOptions(addFlyteOptions(command)))
    .option('--activate', 'make the launch plans the active ones: schedules begin')
    .option('--dry-run <directory>', 'write what would be registered, as pyflyte package does')
    .addHelpText(
      'after',
      `
Each step becomes a task that the connector runs (\`sluice connector\`), the
workflow one of Flyte's. Code is uploaded through FlyteAdmin. The very same again
is no error; another content under a version is.

FlyteAdmin is found as flytectl finds it: FLYTECTL_CONFIG, ~/.flyte/config.yaml.

Examples:
  sluice flyte register pipeline.ts --project flytesnacks --domain development
  sluice flyte register pipeline.ts --version 1.4 --cron '0 3 * * *' --activate
  sluice flyte register graph.json --endpoint localhost:30080 --insecure
  sluice flyte register pipeline.ts --dry-run package`,
    )
    .action(async (files: string[], options: Options) => {
      const context = readContext(command);
      await using read = await readFlyteWorkflows(files, options.workflow);
      expectOneForLaunchPlan(read.workflows, options);
      if (options.dryRun !== undefined)
        await dryRun(read.workflows, options.dryRun, { options, context, given: isGiven(command) });
      else await register(read.workflows, options, context);
    });
}

/** What one launch plan says cannot hold for several workflows. */
function expectOneForLaunchPlan(workflows: readonly FlyteWorkflow[], options: Options): void {
  const names = ['launchPlan', 'default', 'fixed', 'cron', 'every'] as const;
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined || workflows.length === 1) return;
  const option = given === 'launchPlan' ? '--launch-plan' : `--${given}`;
  throw new SluiceError(
    'InvalidArgument',
    `${option} is of one workflow, and there are ${workflows.length}: ${workflows.map(({ graph }) => graph.name).join(', ')}.`,
    { hint: 'Say which one: --workflow NAME.' },
  );
}

async function register(
  workflows: readonly FlyteWorkflow[],
  options: Options,
  context: CliContext,
): Promise<void> {
  await using admin = await openAdmin(options, context);
  const place = placeOf(options);
  const registered: Registered[] = [];
  for (const workflow of workflows) {
    const { version, entities } = await registerWorkflow(workflow, { admin, place, options });
    registered.push({ workflow: workflow.graph.name, ...place, version, entities: entities.map(shown) });
  }
  printDocument(context, { registered }, () =>
    registered
      .map(({ workflow, version, entities }) => {
        const created = entities.filter(({ outcome }) => outcome === 'created').length;
        const count = `${created} created, ${entities.length - created} were there`;
        return `${workflow} ${version} is registered in ${place.project}/${place.domain} (${count}).`;
      })
      .join('\n'),
  );
  if ((options.cron ?? options.every) && !options.activate)
    process.stderr.write('note: the schedule begins once the launch plan is active: --activate.\n');
}

/** What is told of a workflow that is registered. */
interface Registered extends EntityPlace {
  readonly workflow: string;
  readonly version: string;
  readonly entities: readonly ReturnType<typeof shown>[];
}

function shown({ id: { resourceType, name }, outcome }: RegisteredEntity) {
  return { type: resourceType, name, outcome };
}

interface DryRun {
  readonly options: Options;
  readonly context: CliContext;
  /** Whether an option was given, and is not the default. */
  readonly given: (option: 'project' | 'domain') => boolean;
}

/** As in a package of pyflyte, places and versions are empty unless they were given: whoever registers it fills them in. */
async function dryRun(workflows: readonly FlyteWorkflow[], directory: string, run: DryRun): Promise<void> {
  const { options, context, given } = run;
  const place: EntityPlace = {
    project: given('project') ? options.project : '',
    domain: given('domain') ? options.domain : '',
  };
  const written: string[] = [];
  for (const { graph, archive } of workflows) {
    const plan = planOptions(graph, options);
    const isPlaced = place.project !== '' || place.domain !== '';
    const version = options.version ?? (isPlaced ? contentVersion(plan) : '');
    const into = workflows.length === 1 ? directory : join(directory, graph.name);
    const planned = await inlineBundles(planPackage({ ...plan, place, version }), { archive, say });
    written.push(...(await writePackage(planned, into)));
  }
  printDocument(context, { files: written }, () => written.join('\n'));
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

function isGiven(command: Command): DryRun['given'] {
  return (option) => command.getOptionValueSource(option) !== 'default';
}
