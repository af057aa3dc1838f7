import type { Command } from 'commander';
import { stringify } from 'yaml';
import { noEndpoint, type ShownScaling } from '../../platforms/endpoints/index.ts';
import { readContext } from '../context.ts';
import { addEndpointsOption, type EndpointsOption, openEndpoints } from '../endpoints/open-endpoints.ts';
import { printDocument } from '../output.ts';

/** How many of the last lines of the log are shown of an endpoint that has failed. */
const LINES = 20;

/** `sluice endpoints show` */
export function configure(command: Command): void {
  addEndpointsOption(command.argument('<name>', 'the name of the endpoint'))
    .addHelpText(
      'after',
      `
Prints what SageMaker's DescribeEndpoint answers, with where it takes invocations and what scales it: as YAML, or as JSON
with --json. Of one that has failed, also the last lines of its log.

Examples:
  sluice endpoints show diagnosis
  sluice endpoints show diagnosis --json | jq .ProductionVariants`,
    )
    .action(async (name: string, options: EndpointsOption) => {
      const context = readContext(command);
      const endpoints = await openEndpoints(context, options);
      try {
        const description = await endpoints.find(name);
        if (!description) throw noEndpoint(name, endpoints.where);
        const { ProductionVariants: own = [], FailureReason: failure } = description;
        const variants = own.flatMap(({ VariantName: each }) => each ?? []);
        const scaling = await endpoints.scaling(name, variants);
        const logTail = failure === undefined ? [] : await endpoints.logTail(name, LINES);
        const document = {
          ...description,
          InvocationUrl: await endpoints.url(name),
          ...(scaling.length > 0 && { AutoScaling: scaling }),
          ...(logTail.length > 0 && { LogTail: logTail }),
        };
        printDocument(context, document, ({ LogTail = [], AutoScaling = [], ...rest }) =>
          [
            stringify(JSON.parse(JSON.stringify(rest))).trimEnd(),
            ...AutoScaling.map(scalingLine),
            ...(LogTail.length > 0
              ? ['# The last lines of its log:', ...LogTail.map((line) => `#   ${line}`)]
              : []),
          ].join('\n'),
        );
      } finally {
        await endpoints.close();
      }
    });
}

function scalingLine({ variant, min, max, policies }: ShownScaling): string {
  const targets = policies.map(({ metric, target }) => `${metric} at ${target}`).join(', ');
  return `# Auto-scaling of ${variant}: ${min} to ${max} instances${targets === '' ? '' : `, ${targets}`}`;
}
