import type { Command } from 'commander';
import { abortExecution, getExecution, hasEnded, parseExecution } from '../../flyte/registration/index.ts';
import { readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { printDocument } from '../output.ts';

interface Options extends FlyteOptions {
  readonly reason: string;
}

/** `sluice flyte abort` */
export function configure(command: Command): void {
  addFlyteOptions(
    command
      .argument('<execution>', 'its name, project/domain/name, or its address in the console')
      .option('--reason <text>', 'what the console shows', 'aborted by sluice flyte abort'),
  )
    .addHelpText(
      'after',
      `
Flyte ends its tasks: the connector stops their jobs. One that has ended stays as it is.

Examples:
  sluice flyte abort f2d8a7c1b --reason 'the wrong data'`,
    )
    .action(async (text: string, options: Options) => {
      const context = readContext(command);
      const id = parseExecution(text, placeOf(options));
      await using admin = await openAdmin(options, context);
      const before = await getExecution(admin, id);
      if (!hasEnded(before)) await abortExecution(admin, id, options.reason);
      const { phase } = hasEnded(before) ? before : await getExecution(admin, id);
      printDocument(context, { ...id, phase }, () => `${id.name} is ${phase}.`);
    });
}
