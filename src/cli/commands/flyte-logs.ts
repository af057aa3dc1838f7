import type { Command } from 'commander';
import { parseExecution } from '../../flyte/registration/index.ts';
import { readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { type NodeWithAttempts, nodesWithAttempts } from '../flyte/nodes-with-attempts.ts';
import { printDocument } from '../output.ts';

interface Options extends FlyteOptions {
  readonly node?: string;
}

/** `sluice flyte logs` */
export function configure(command: Command): void {
  addFlyteOptions(
    command
      .argument('<execution>', 'its name, project/domain/name, or its address in the console')
      .option('--node <id>', 'one node alone'),
  )
    .addHelpText(
      'after',
      `
Shows where the logs of its attempts are, what the connector says of them, and why
they have failed.

Examples:
  sluice flyte logs f2d8a7c1b
  sluice flyte logs f2d8a7c1b --node train --json`,
    )
    .action(async (text: string, options: Options) => {
      const context = readContext(command);
      const id = parseExecution(text, placeOf(options));
      await using admin = await openAdmin(options, context);
      const shown = await nodesWithAttempts(admin, id, options.node);
      printDocument(context, { execution: id, nodes: shown }, () => shown.flatMap(linesOf).join('\n'));
    });
}

function linesOf({ id, phase, attempts }: NodeWithAttempts): string[] {
  return [
    `${id}  ${phase}`,
    ...attempts.flatMap(({ attempt, phase: own, logs, error, info }) => [
      `  attempt ${attempt + 1}  ${own}`,
      ...logs.map(({ name, uri }) => `    ${name}  ${uri}`),
      ...Object.entries(info).map(([name, value]) => `    ${name}: ${textOf(value)}`),
      ...(error ? [`    ${error.code ?? 'failed'}: ${error.message ?? ''}`] : []),
    ]),
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
