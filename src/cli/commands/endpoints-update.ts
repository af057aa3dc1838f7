import type { Command } from 'commander';
import { readContext } from '../context.ts';
import { addEndpointOptions, type EndpointOptions } from '../endpoints/endpoint-options.ts';
import { putFromOptions } from '../endpoints/put.ts';

/** `sluice endpoints update` */
export function configure(command: Command): void {
  addEndpointOptions(command.argument('<name>', 'the name of the endpoint'))
    .addHelpText('after', HELP)
    .action(async (name: string, options: EndpointOptions) => {
      await putFromOptions(readContext(command), name, options, 'update');
    });
}

const HELP = `
The endpoint serves as it was until all that is new answers; where that fails it goes on with what it had. Options are
those of create: what is not named has its default again, but for auto-scaling, which stays as it is.

Examples:
  sluice endpoints update diagnosis --model new/model.tar.gz --script inference.py --wait
  sluice endpoints update ab --script inference.py --variant champion=new.tar.gz`;
