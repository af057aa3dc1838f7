import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { consoleLink, createExecution, launchInputs } from '../../flyte/registration/index.ts';
import { readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { readFlyteWorkflows } from '../flyte/flyte-workflows.ts';
import { followExecution } from '../flyte/follow-execution.ts';
import { registerWorkflow } from '../flyte/register-workflow.ts';
import { addRegistrationOptions, type RegistrationOptions } from '../flyte/registration-options.ts';
import { runOnFlyte2 } from '../flyte/run-on-flyte2.ts';
import { collectKeyValue } from '../key-value.ts';
import { printDocument } from '../output.ts';
import { readWorkflowInputs } from '../workflow-inputs.ts';

interface Options extends FlyteOptions, RegistrationOptions {
  readonly input?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly watch?: boolean;
  readonly flyte2?: boolean;
}

/** `sluice flyte run` */
export function configure(command: Command): void {
  command
    .argument('<file>', 'a file that exports a workflow, or a graph: graph.json')
    .argument('[workflow]', 'its name, where the file exports several')
    .option('-i, --input <name=value>', 'an input of the workflow (repeat it)', collectKeyValue)
    .option('--name <name>', 'the name of the execution (default: one that Flyte makes up)')
    .option('--watch', 'show its nodes until it has ended')
    .option('--flyte2', 'a run of Flyte 2: one step, or the whole workflow as one task');
  addRegistrationOptions(addFlyteOptions(command))
    .addHelpText(
      'after',
      `
Registers the workflow, unless the very same is, and launches it. An execution of
--name that there is already is taken for the same one.

Examples:
  sluice flyte run pipeline.ts --input data=s3://bucket/raw/ --watch
  sluice flyte run pipeline.ts --flyte2 --endpoint localhost:30080 --insecure
  sluice flyte run pipeline.ts --image registry/steps:1 --input 'config={"depth": 3}'`,
    )
    .action(async (file: string, name: string | undefined, options: Options) => {
      const context = readContext(command);
      await using read = await readFlyteWorkflows([file], name);
      const [workflow, ...others] = read.workflows;
      if (!workflow || others.length > 0)
        throw new SluiceError('WorkflowNotFound', `'${file}' exports ${others.length + 1} workflows.`, {
          hint: `Say which one: ${read.workflows.map(({ graph }) => graph.name).join(', ')}.`,
        });
      const values = readWorkflowInputs(options.input ?? {}, workflow.graph.interface);
      if (options.flyte2) return await runOnFlyte2(workflow, { options, context, values });
      const inputs = launchInputs(workflow.graph, values);
      await using admin = await openAdmin(options, context);
      const { planned } = await registerWorkflow(workflow, { admin, place: placeOf(options), options });
      const [launchPlan] = planned.launchPlans;
      if (!launchPlan) throw new Error('A workflow is registered without a launch plan.');
      const id = await createExecution(admin, launchPlan.id, inputs, options.name);
      const url = consoleLink(
        admin.settings,
        `console/projects/${id.project}/domains/${id.domain}/executions/${id.name}`,
      );
      // The connection is closed when this returns.
      if (options.watch) return await followExecution(admin, id, { context, url });
      printDocument(context, { ...id, url }, () => `${id.name}\n${url}`);
    });
}
