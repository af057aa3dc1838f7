import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import { pollUntil } from '../../core/poll-until.ts';
import { readContext } from '../context.ts';
import { addEndpointsOption, type EndpointsOption, openEndpoints } from '../endpoints/open-endpoints.ts';
import { parseCount } from '../key-value.ts';
import { printDocument } from '../output.ts';

interface Options extends EndpointsOption {
  readonly keepModels?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}

/** `sluice endpoints delete` */
export function configure(command: Command): void {
  addEndpointsOption(command.argument('<name...>', 'the names of the endpoints'))
    .option('--keep-models', 'leave the models and configurations that were made for it')
    .option('--no-wait', 'do not wait for its end')
    .option('--timeout <seconds>', 'of the waiting', parseCount, 600)
    .addHelpText(
      'after',
      `
Invocations under way may end. The models and configurations that \`endpoints create\` and \`update\` have made for it, and
what scales it, go too; the logs stay.

Examples:
  sluice endpoints delete diagnosis
  sluice endpoints delete ab busy --platform sagemaker --no-wait`,
    )
    .action(async (names: string[], options: Options) => {
      const context = readContext(command);
      const endpoints = await openEndpoints(context, options);
      try {
        for (const name of names) await endpoints.delete(name, options.keepModels);
        const times = { everyMs: endpoints.askEveryMs, limitMs: options.timeout * 1000 };
        for (const name of options.wait ? names : []) {
          const isGone = async () => (await endpoints.find(name)) === undefined;
          if (await pollUntil(isGone, times)) continue;
          throw new SluiceError(
            'EndpointBusy',
            `The endpoint '${name}' is not gone after ${options.timeout} s.`,
            {
              hint: `It goes on: sluice endpoints show ${name}`,
            },
          );
        }
        const deleted = options.wait ? 'Deleted' : 'Deleting';
        printDocument(context, { deleted: names }, () =>
          names.map((name) => `${name}  ${deleted}`).join('\n'),
        );
      } finally {
        await endpoints.close();
      }
    });
}
