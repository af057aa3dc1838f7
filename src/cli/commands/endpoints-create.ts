import type { Command } from 'commander';
import { readContext } from '../context.ts';
import { addEndpointOptions, type EndpointOptions } from '../endpoints/endpoint-options.ts';
import { putFromOptions } from '../endpoints/put.ts';

/** `sluice endpoints create` */
export function configure(command: Command): void {
  addEndpointOptions(command.argument('<name>', 'the name of the endpoint'))
    .addHelpText('after', HELP)
    .action(async (name: string, options: EndpointOptions) => {
      await putFromOptions(readContext(command), name, options, 'create');
    });
}

const HELP = `
A sluice serve of the home, or the server that --server names, goes on serving the endpoint; --platform sagemaker
makes it on Amazon SageMaker. Models and scripts of this machine are brought there. With --variant several models share
the traffic by their weights. Auto-scaling follows the invocations of each instance and minute.

Examples:
  sluice endpoints create diagnosis --model out/model.tar.gz --script inference.py --wait
  sluice endpoints create diagnosis --framework scikit-learn --model s3://bucket/model.tar.gz --script inference.py
  sluice endpoints create ab --script inference.py \\
    --variant champion=champion.tar.gz,weight=9 --variant challenger=new.tar.gz,weight=1
  sluice endpoints create many --mode MultiModel --model s3://bucket/models/ --script inference.py
  sluice endpoints create busy --model model.tar.gz --script inference.ts \\
    --min-instances 1 --max-instances 4 --invocations-per-instance 70`;
