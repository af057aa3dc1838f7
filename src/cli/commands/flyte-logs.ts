import { type Command, InvalidArgumentError } from 'commander';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { type AttemptState, parseExecution } from '../../flyte/registration/index.ts';
import { readContext } from '../context.ts';
import { attemptLog } from '../flyte/attempt-log.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { type NodeWithAttempts, nodesWithAttempts } from '../flyte/nodes-with-attempts.ts';
import { printDocument } from '../output.ts';
import type { RemoteServer } from '../remote/remote-server.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';

interface Options extends FlyteOptions, ServerOption {
  readonly node?: string;
  readonly lines: number;
}

/** An attempt with the last lines of its logs. */
type ShownAttempt = AttemptState & { readonly lines?: readonly string[] };

/** A node as it is shown. */
type ShownNode = Omit<NodeWithAttempts, 'attempts'> & { readonly attempts: readonly ShownAttempt[] };

/** `sluice flyte logs` */
export function configure(command: Command): void {
  addServerOption(
    addFlyteOptions(
      command
        .argument('<execution>', 'its name, project/domain/name, or its address in the console')
        .option('--node <id>', 'one node alone')
        .option('--lines <n>', 'the last lines of each attempt, with --server', parseCount, 100),
    ),
  )
    .addHelpText(
      'after',
      `
Shows where the logs of its attempts are, what the connector says of them, and why
they have failed. With --server, a sluice serve on the connector's home or database,
their text, too.

Examples:
  sluice flyte logs f2d8a7c1b
  sluice flyte logs f2d8a7c1b --server https://sluice.example.com
  sluice flyte logs f2d8a7c1b --node train --json`,
    )
    .action(async (text: string, options: Options) => {
      const context = readContext(command);
      const id = parseExecution(text, placeOf(options));
      const server = await chosenServer(options, context);
      await using admin = await openAdmin(options, context);
      const nodes = await nodesWithAttempts(admin, id, options.node);
      const shown = server ? await withText(nodes, server, options.lines) : nodes;
      printDocument(context, { execution: id, nodes: shown }, () => shown.flatMap(linesOf).join('\n'));
    });
}

function withText(
  nodes: readonly NodeWithAttempts[],
  server: RemoteServer,
  most: number,
): Promise<ShownNode[]> {
  return mapAtOnce(nodes, 1, async (node) => ({
    ...node,
    attempts: await mapAtOnce(node.attempts, 1, async (attempt) => ({
      ...attempt,
      lines: await attemptLog(attempt, server, most),
    })),
  }));
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('Expected a number of lines.');
}

function linesOf({ id, phase, attempts }: ShownNode): string[] {
  return [
    `${id}  ${phase}`,
    ...attempts.flatMap(({ attempt, phase: own, logs, error, info, lines = [] }) => [
      `  attempt ${attempt + 1}  ${own}`,
      ...logs.map(({ name, uri }) => `    ${name}  ${uri}`),
      ...Object.entries(info).map(([name, value]) => `    ${name}: ${textOf(value)}`),
      ...lines.map((line) => `    │ ${line}`),
      ...(error
        ? [`    ${error.code ?? 'failed'}: ${(error.message ?? '').replaceAll('\n', '\n    ')}`]
        : []),
    ]),
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
