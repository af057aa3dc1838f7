import type { Command } from 'commander';
import { loadConfiguration } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import { quoteForShell } from '../../core/quote-for-shell.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { chooseExecutor } from '../../executors/index.ts';
import type { Jobs } from '../../jobs/index.ts';
import { createDirectoryStore } from '../../objects/directory/create-directory-store.ts';
import { authorizeWith } from '../../server/access/authorize.ts';
import { createKeyring } from '../../server/access/create-keyring.ts';
import { createAwsApi } from '../../server/aws-api.ts';
import { type RunningServer, serve } from '../../server/serve.ts';
import { type CliContext, readContext } from '../context.ts';
import { addExecutorOptions, type ExecutorOptions } from '../executor-options.ts';
import { catchInterrupts } from '../interrupts.ts';
import { JobKeeper } from '../job-runner/job-keeper.ts';
import { JobRunnerProcess } from '../job-runner/job-runner-process.ts';
import { collect, parsePort } from '../key-value.ts';
import { limitMemory } from '../limit-memory.ts';
import { openJobs } from '../open-jobs.ts';
import { printJson } from '../output.ts';
import { keepRetention } from '../prune/apply-retention.ts';
import { writeSdkConfiguration } from '../sdk-configuration.ts';

interface Options extends ExecutorOptions {
  readonly port: number;
  readonly host: string;
  readonly leaveJobs?: boolean;
  readonly allowedHost?: string[];
  readonly allowedOrigin?: string[];
}

const STOPPING = 'Stopping: requests under way may end, jobs get SIGTERM, and SIGKILL after 120 s.';
const LEAVING = 'Stopping: requests under way may end, jobs go on.';

/** `sluice serve` */
export function configure(command: Command): void {
  addExecutorOptions(
    command
      .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, 4777)
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--allowed-host <name>', 'a further name that the server goes by; repeat for more', collect)
      .option(
        '--allowed-origin <origin>',
        'an origin whose web pages may use the server; repeat for more',
        collect,
      )
      .option(
        '--leave-jobs',
        'jobs go on when the server is told to stop; the next one of the home adopts them',
      ),
  )
    .addHelpText(
      'after',
      `
Serves the home to AWS's own clients until it is told to stop (Ctrl-C): its jobs, models, endpoint configurations and
tags as SageMaker's API, the logs of its jobs as CloudWatch Logs, its buckets as S3. Jobs really run, on this machine,
unless --executor simulate has them pass through their statuses only. They run in a process of their own: when the
server is killed they go on, and the next server of the home adopts them. A server that is told to stop gives them
SIGTERM, and SIGKILL 120 s later, unless --leave-jobs has them go on. A job that ends so, or whose process is killed,
ends with an InternalServerError, as one does whose host AWS loses; where its RetryStrategy gives it another attempt,
it begins anew, now or when the server starts again. Only this machine can reach the server, and any credentials are
accepted, unless SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY are set: then every request must be signed with
them, and --host may be any address.

Examples:
  sluice serve
  sluice serve --port 9000 --home ./home
  sluice serve --leave-jobs
  sluice serve --executor simulate --simulate-delay Training=2000
  AWS_ENDPOINT_URL=http://127.0.0.1:4777 aws sagemaker list-training-jobs
  AWS_ENDPOINT_URL=http://127.0.0.1:4777 aws s3 ls`,
    )
    .action(async (options: Options) => {
      limitMemory();
      const context = readContext(command);
      const credentials = readCredentials(context.environment);
      const keyring = credentials && createKeyring([credentials]);
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      const log = (message: string) => process.stderr.write(`${message}\n`);
      const say = (message: string) => void (context.json || log(message));
      const simulated = options.executor === 'simulate';
      const { executor, containers, note } = await chooseExecutor(simulated ? 'process' : options.executor);
      const simulation = simulated ? { delayMs: options.simulateDelay } : undefined;
      const configuration = await loadConfiguration(context.paths.home, process.cwd());
      const runner =
        options.executor === 'simulate'
          ? undefined
          : new JobRunnerProcess({
              settings: {
                paths: context.paths,
                account: context.account,
                configuration,
                executor: options.executor,
              },
              log,
              onLost: () => keeper.lost(),
            });
      const opened = await openJobs(context, executor, {
        configuration,
        containers,
        simulation,
        runnerProcess: runner,
      });
      const { state, jobs, stores } = opened;
      const keeper = new JobKeeper(jobs, say);
      let leaves = false;
      let endRetention = async (): Promise<void> => undefined;
      const onKill = () => {
        if (!leaves) runner?.terminate();
      };
      const interrupts = catchInterrupts({ onStop: () => stop(), onKill });
      try {
        const server = await serve({
          home: context.paths.home,
          store: createDirectoryStore(context.paths.objects),
          account: context.account,
          port: options.port,
          host: options.host,
          keyring,
          allowedHosts: [...(configuration.server?.allowedHosts ?? []), ...(options.allowedHost ?? [])],
          allowedOrigins: [...(configuration.server?.allowedOrigins ?? []), ...(options.allowedOrigin ?? [])],
          api: createAwsApi({
            state,
            jobs,
            ...(!simulated && { stores }),
            account: context.account,
            clock: () => new Date(),
            log,
            authorize: keyring && authorizeWith({ keyring, account: context.account }),
          }),
          log,
        });
        if (note !== undefined) say(note);
        runner?.adopt();
        await resume(jobs, keeper, say);
        endRetention = keepRetention({ paths: context.paths, state, jobs }, configuration.retention, say);
        printStart(context, server, credentials);
        await stopped;
        leaves = options.leaveJobs === true && runner !== undefined;
        say(leaves ? LEAVING : STOPPING);
        await server.close();
      } finally {
        await keeper.close();
        await endRetention();
        await opened.close(leaves ? 'leave' : 'interrupt');
        runner?.leave();
        interrupts.close();
      }
    });
}

/** Starts what was in service, and accounts for every job. */
async function resume({ endpoints }: Jobs, keeper: JobKeeper, log: (message: string) => void): Promise<void> {
  const resumed = await endpoints.resume();
  if (resumed.length > 0) log(`Begun anew: ${resumed.join(', ')}`);
  await keeper.start();
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
  { publicUrl: url, port }: RunningServer,
  credentials?: Credentials,
): void {
  const sdkConfiguration = writeSdkConfiguration(paths, account);
  if (json) return printJson({ url, port, home: paths.home, sdkConfiguration });
  const lines = [
    `Serving ${paths.home} at ${url}`,
    '',
    'In another terminal:',
    `  export AWS_ENDPOINT_URL=${url}`,
    `  export AWS_REGION=${account.region} AWS_DEFAULT_REGION=${account.region}`,
    credentials
      ? `  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY="$SLUICE_SECRET_ACCESS_KEY"`
      : '  export AWS_ACCESS_KEY_ID=sluice AWS_SECRET_ACCESS_KEY=sluice',
    'And for the SageMaker Python SDK, its bucket and role:',
    `  export SAGEMAKER_USER_CONFIG_OVERRIDE=${quoteForShell(sdkConfiguration)}`,
    '',
    'Ctrl-C stops it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
