import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { createDirectoryStore } from '../../objects/directory/create-directory-store.ts';
import { type RunningServer, serve } from '../../server/serve.ts';
import { type CliContext, readContext } from '../context.ts';
import { catchInterrupts } from '../interrupts.ts';
import { parsePort } from '../key-value.ts';
import { printJson } from '../output.ts';

interface Options {
  readonly port: number;
  readonly host: string;
}

/** `sluice serve` */
export function configure(command: Command): void {
  command
    .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, 4777)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addHelpText(
      'after',
      `
Serves the buckets of the home over the S3 protocol until it is told to stop (Ctrl-C). Only this machine can reach it,
and any credentials are accepted, unless SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY are set: then every request
must be signed with them, and --host may be any address.

Examples:
  sluice serve
  sluice serve --port 9000 --home ./home
  aws --endpoint-url http://127.0.0.1:4777 s3 ls`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const credentials = readCredentials(context.environment);
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      const interrupts = catchInterrupts({ onStop: () => stop(), onKill: () => process.exit(1) });
      try {
        const server = await serve({
          home: context.paths.home,
          store: createDirectoryStore(context.paths.objects),
          account: context.account,
          ...options,
          ...(credentials && { credentials }),
          log: (message) => process.stderr.write(`${message}\n`),
        });
        printStart(context, server, credentials);
        await stopped;
        if (!context.json) process.stderr.write('Stopping: requests under way may end.\n');
        await server.close();
      } finally {
        interrupts.close();
      }
    });
}

/** @throws SluiceError `InvalidArgument` when only one of the two is set. */
function readCredentials(environment: CliContext['environment']): Credentials | undefined {
  const accessKeyId = environment['SLUICE_ACCESS_KEY_ID'];
  const secretAccessKey = environment['SLUICE_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  if (!accessKeyId && !secretAccessKey) return undefined;
  throw new SluiceError(
    'InvalidArgument',
    'SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY: expected both or none, got one.',
  );
}

function printStart(
  { json, paths, account }: CliContext,
  { url, port }: RunningServer,
  credentials?: Credentials,
): void {
  if (json) return printJson({ url, port, home: paths.home });
  const lines = [
    `Serving ${paths.home} at ${url}`,
    '',
    'In another terminal:',
    `  export AWS_ENDPOINT_URL=${url}`,
    `  export AWS_REGION=${account.region} AWS_DEFAULT_REGION=${account.region}`,
    credentials
      ? `  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY="$SLUICE_SECRET_ACCESS_KEY"`
      : '  export AWS_ACCESS_KEY_ID=sluice AWS_SECRET_ACCESS_KEY=sluice',
    '',
    'Ctrl-C stops it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
