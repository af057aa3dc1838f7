import type { Command } from 'commander';
import { consoleLink, parseExecution } from '../../flyte/registration/index.ts';
import { readContext } from '../context.ts';
import { addFlyteOptions, type FlyteOptions, openAdmin, placeOf } from '../flyte/flyte-options.ts';
import { followExecution } from '../flyte/follow-execution.ts';

/** `sluice flyte watch` */
export function configure(command: Command): void {
  addFlyteOptions(
    command.argument('<execution>', 'its name, project/domain/name, or its address in the console'),
  )
    .addHelpText(
      'after',
      `
Shows its nodes until it has ended, and then its outputs. Ctrl-C leaves it alone.
The exit code is 0 where it succeeds.

Examples:
  sluice flyte watch f2d8a7c1b
  sluice flyte watch flytesnacks/development/f2d8a7c1b`,
    )
    .action(async (text: string, options: FlyteOptions) => {
      const context = readContext(command);
      const id = parseExecution(text, placeOf(options));
      await using admin = await openAdmin(options, context);
      const url = consoleLink(
        admin.settings,
        `console/projects/${id.project}/domains/${id.domain}/executions/${id.name}`,
      );
      await followExecution(admin, id, { context, url });
    });
}
