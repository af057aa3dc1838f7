import type { Command } from 'commander';
import {
  consoleLink,
  type ExecutionState,
  executionOutputs,
  getExecution,
  parseExecution,
} from '../../flyte/registration/index.ts';
import type { Json } from '../../graph/index.ts';
import { readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { type NodeWithAttempts, nodesWithAttempts } from '../flyte/nodes-with-attempts.ts';
import { printDocument } from '../output.ts';

/** `sluice flyte show` */
export function configure(command: Command): void {
  addFlyteOptions(
    command.argument('<execution>', 'its name, project/domain/name, or its address in the console'),
  )
    .addHelpText(
      'after',
      `
Shows how it stands now: its phase, its nodes, what it has come to, or why it has failed.
sluice flyte watch goes on until it has ended.

Examples:
  sluice flyte show f2d8a7c1b
  sluice flyte show flytesnacks/development/f2d8a7c1b --json`,
    )
    .action(async (text: string, options: FlyteOptions) => {
      const context = readContext(command);
      const id = parseExecution(text, placeOf(options));
      await using admin = await openAdmin(options, context);
      const state = await getExecution(admin, id);
      const nodes = await nodesWithAttempts(admin, id);
      const outputs = state.phase === 'SUCCEEDED' ? await executionOutputs(admin, id) : {};
      const url = consoleLink(
        admin.settings,
        `console/projects/${id.project}/domains/${id.domain}/executions/${id.name}`,
      );
      printDocument(context, { ...id, ...state, nodes, outputs, url }, linesOf);
    });
}

type Shown = ExecutionState & {
  readonly name: string;
  readonly nodes: readonly NodeWithAttempts[];
  readonly outputs: Readonly<Record<string, Json>>;
  readonly url: string;
};

function linesOf({ name, phase, error, abort, nodes, outputs, url }: Shown): string {
  return [
    `${name}  ${phase}`,
    ...nodes.map((node) => `  ${node.id}  ${node.phase}${messageOf(node.error)}`),
    ...Object.entries(outputs).map(([output, value]) => `${output} = ${textOf(value)}`),
    ...(error ? [`${error.code ?? 'failed'}: ${error.message ?? ''}`] : []),
    ...(abort ? [`aborted by ${abort.principal ?? 'somebody'}: ${abort.cause ?? ''}`] : []),
    url,
  ].join('\n');
}

function messageOf(error: ExecutionState['error']): string {
  return error ? `  ${error.message ?? error.code ?? ''}` : '';
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
