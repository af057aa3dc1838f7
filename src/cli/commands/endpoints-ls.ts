import type { EndpointSummary } from '@aws-sdk/client-sagemaker';
import type { Command } from 'commander';
import { readContext } from '../context.ts';
import { formatTime } from '../display/format.ts';
import { colourState } from '../display/states.ts';
import { addEndpointsOption, type EndpointsOption, openEndpoints } from '../endpoints/open-endpoints.ts';
import { parseCount } from '../key-value.ts';
import { formatTable, printDocument } from '../output.ts';

interface Options extends EndpointsOption {
  readonly nameContains?: string;
  readonly limit: number;
}

/** `sluice endpoints ls` */
export function configure(command: Command): void {
  addEndpointsOption(command)
    .option('--name-contains <text>', 'only endpoints with this in their names')
    .option('--limit <n>', 'at most so many, the newest first', parseCount, 20)
    .addHelpText(
      'after',
      `
Examples:
  sluice endpoints ls
  sluice endpoints ls --platform sagemaker --json`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const endpoints = await openEndpoints(context, options);
      try {
        const { nameContains, limit } = options;
        const found = await endpoints.list({ nameContains, limit });
        printDocument(context, { endpoints: found.map(toDocument) }, toText);
      } finally {
        await endpoints.close();
      }
    });
}

function toDocument({ EndpointName: name = '', EndpointStatus: status, ...times }: EndpointSummary) {
  return { name, status: String(status), createdAt: times.CreationTime, modifiedAt: times.LastModifiedTime };
}

function toText({ endpoints }: { readonly endpoints: readonly ReturnType<typeof toDocument>[] }): string {
  if (endpoints.length === 0) return 'No endpoints. `sluice endpoints create` makes one.';
  const rows = endpoints.map(({ name, status, createdAt, modifiedAt }) => [
    status,
    createdAt ? formatTime(createdAt) : '–',
    modifiedAt ? formatTime(modifiedAt) : '–',
    name,
  ]);
  return formatTable(['STATUS', 'CREATED', 'CHANGED', 'NAME'], rows, { 0: colourState });
}
