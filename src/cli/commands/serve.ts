import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { chooseExecutor, type ExecutorName } from '../../executors/index.ts';
import type { Simulation } from '../../jobs/index.ts';
import { createDirectoryStore } from '../../objects/directory/create-directory-store.ts';
import { authorizeWith } from '../../server/authorize.ts';
import { createAwsApi } from '../../server/aws-api.ts';
import { type RunningServer, serve } from '../../server/serve.ts';
import { type CliContext, readContext } from '../context.ts';
import { catchInterrupts } from '../interrupts.ts';
import { executorOption } from '../job-options.ts';
import { parsePort } from '../key-value.ts';
import { killJobs } from '../kill-jobs.ts';
import { openJobs } from '../open-jobs.ts';
import { printJson } from '../output.ts';
import { simulateDelayOption } from '../simulate-delay.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly executor: ServeExecutorName;
  readonly simulateDelay: Simulation['delayMs'];
}

/** What `serve` takes for `--executor`: jobs may also be simulated. */
type ServeExecutorName = ExecutorName | 'simulate';

/** `sluice serve` */
export function configure(command: Command): void {
  command
    .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, 4777)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(executorOption(['simulate']))
    .addOption(simulateDelayOption())
    .addHelpText(
      'after',
      `
Serves the home to AWS's own clients until it is told to stop (Ctrl-C): its jobs, models, endpoint configurations and
tags as SageMaker's API, the logs of its jobs as CloudWatch Logs, its buckets as S3. Jobs really run, on this machine,
unless --executor simulate has them pass through their statuses only. A job that runs when the server stops ends with
an InternalServerError, as one does whose host AWS loses; where its RetryStrategy gives it another attempt, it begins
anew when the server starts again. Only this machine can reach the server, and any credentials are accepted, unless
SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY are set: then every request must be signed with them, and --host may
be any address.

Examples:
  sluice serve
  sluice serve --port 9000 --home ./home
  sluice serve --executor simulate --simulate-delay Training=2000
  AWS_ENDPOINT_URL=http://127.0.0.1:4777 aws sagemaker list-training-jobs
  AWS_ENDPOINT_URL=http://127.0.0.1:4777 aws s3 ls`,
    )
    .action(async (options: Options) => {
      limitMemory();
      const context = readContext(command);
      const credentials = readCredentials(context.environment);
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      const log = (message: string) => process.stderr.write(`${message}\n`);
      const simulated = options.executor === 'simulate';
      const { executor, note } = await chooseExecutor(simulated ? 'process' : options.executor);
      const simulation = simulated ? { delayMs: options.simulateDelay } : undefined;
      const opened = await openJobs(context, executor, simulation);
      const { state, jobs, stores } = opened;
      const interrupts = catchInterrupts({ onStop: () => stop(), onKill: () => void killJobs(jobs) });
      try {
        const server = await serve({
          home: context.paths.home,
          store: createDirectoryStore(context.paths.objects),
          account: context.account,
          port: options.port,
          host: options.host,
          ...(credentials && { credentials }),
          api: createAwsApi({
            state,
            jobs,
            ...(!simulated && { stores }),
            account: context.account,
            clock: () => new Date(),
            log,
            ...(credentials && { authorize: authorizeWith(credentials) }),
          }),
          log,
        });
        if (note !== undefined && !context.json) log(note);
        const recovered = await jobs.recover();
        if (recovered.length > 0 && !context.json) log(`Begun anew: ${recovered.join(', ')}`);
        printStart(context, server, credentials);
        await stopped;
        if (!context.json)
          log('Stopping: requests under way may end, jobs get SIGTERM, and SIGKILL after 120 s.');
        await server.close();
      } finally {
        await opened.close('interrupt');
        interrupts.close();
      }
    });
}

/**
 * Requests leave much that is short-lived behind. V8's young generation would grow with it to three times 16 MiB, and
 * give nothing back; as small as it begins, it serves as fast.
 */
function limitMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
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
