import type { Command } from 'commander';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { listAttempts, listNodes, parseExecution } from '../../flyte/registration/index.ts';
import { readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { printDocument } from '../output.ts';

/** Nodes that are asked for at the same time. */
const AT_ONCE = 8;

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
      const nodes = (await listNodes(admin, id)).filter((node) => (options.node ?? node.id) === node.id);
      const shown = await mapAtOnce(nodes, AT_ONCE, async (node) => ({
        ...node,
        attempts: await listAttempts(admin, id, node.id),
      }));
      printDocument(context, { execution: id, nodes: shown }, () => shown.flatMap(linesOf).join('\n'));
    });
}

type Shown = Awaited<ReturnType<typeof listNodes>>[number] & {
  readonly attempts: Awaited<ReturnType<typeof listAttempts>>;
};

function linesOf({ id, phase, attempts }: Shown): string[] {
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
