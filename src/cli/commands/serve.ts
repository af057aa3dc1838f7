import type { Command } from 'commander';
import { catchInterrupts } from '../../core/interrupts.ts';
import { type Home, openHome } from '../../home/index.ts';
import { findHomeServer, jobSecret } from '../../home/server/index.ts';
import { createDirectoryStore } from '../../objects/directory/index.ts';
import {
  AccessLog,
  collectHomeMetrics,
  collectLeaseMetrics,
  createAwsApi,
  createIamGate,
  createPeerService,
  createRunsApi,
  RoleStore,
  type RunningServer,
  type RunsApi,
  serve,
} from '../../server/index.ts';
import { countEndpoints, workerOf } from '../../state/index.ts';
import { readContext } from '../context.ts';
import { addExecutorOptions, chosenExecutor, type ExecutorOptions } from '../executor-options.ts';
import { collect, parsePort, parseServerUrl } from '../key-value.ts';
import { keepRetention } from '../prune/apply-retention.ts';
import { joinOthers } from '../serve/join-others.ts';
import { openAccess } from '../serve/open-access.ts';
import { printStart } from '../serve/print-start.ts';
import { readTls } from '../serve/read-tls.ts';
import { readVersion } from '../serve/read-version.ts';

interface Options extends ExecutorOptions {
  readonly port: number;
  readonly host: string;
  readonly leaveJobs?: boolean;
  readonly endWithInput?: boolean;
  readonly advertise?: string;
  readonly credentials?: boolean;
  readonly enforceIam?: boolean;
  readonly accessLog?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
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
      .option(
        '--credentials',
        "only requests signed with the home's own credentials, made at random at the first start",
      )
      .option(
        '--enforce-iam',
        'roles and jobs may do what the policies of their roles allow, and nothing else; implies --credentials',
      )
      .option(
        '--advertise <url>',
        'where the other servers of the database reach this one, when that is not the address it listens on',
        parseServerUrl,
      )
      .option('--allowed-host <name>', 'a further name that the server goes by; repeat for more', collect)
      .option(
        '--allowed-origin <origin>',
        'an origin whose web pages may use the server; repeat for more',
        collect,
      )
      .option('--access-log <file>', "a line of JSON for each request; '-' is stdout")
      .option('--tls-cert <file>', 'certificate, PEM: the server speaks HTTPS')
      .option('--tls-key <file>', 'its key, PEM')
      .option(
        '--leave-jobs',
        'jobs go on when the server is told to stop; the next one of the home adopts them',
      )
      .option(
        '--end-with-input',
        'stop when standard input ends: so the server ends with the program that has started it, however that ends',
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
it begins anew, now or when the server starts again.

Only this machine can reach the server, and every program on it may do everything, jobs included. With --credentials
requests must be signed: with the home's own credentials, which are printed to export and kept in the home, with keys of
the configuration (server.keys), or with SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY where these are set; jobs get
credentials of their own, which reach data and end with the job, and --host may be any address. Requests are answered for
the names of the server alone (--allowed-host), and none that a web page of another origin sends (--allowed-origin).

Examples:
  sluice serve --credentials
  sluice serve
  sluice serve --credentials --host 0.0.0.0 --allowed-host sluice.example.com
  sluice serve --port 9000 --home ./home
  sluice serve --leave-jobs
  sluice serve --enforce-iam
  sluice serve --executor simulate --simulate-delay Training=2000
  AWS_ENDPOINT_URL=http://127.0.0.1:4777 aws sagemaker list-training-jobs
  AWS_ENDPOINT_URL=http://127.0.0.1:4777 aws s3 ls`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      const log = (message: string) => process.stderr.write(`${message}\n`);
      const say = (message: string) => void (context.json || log(message));
      const simulated = options.executor === 'simulate';
      const home = await openHome(context, {
        ...chosenExecutor(options),
        runner: { log, say },
      });
      const { state, jobs, stores, runner, configuration } = home;
      const settings = configuration.server ?? {};
      let leaves = false;
      let notReady: string | undefined = 'starting';
      const accessLogFile = options.accessLog ?? settings.accessLog;
      const accessLog = accessLogFile === undefined ? undefined : new AccessLog(accessLogFile, log);
      let runs: RunsApi | undefined;
      let server: RunningServer | undefined;
      let endRetention = async (): Promise<void> => undefined;
      const onKill = () => {
        if (!leaves) runner?.terminate();
      };
      const interrupts = catchInterrupts({ onStop: () => stop(), onKill });
      if (options.endWithInput) process.stdin.once('close', stop).resume();
      try {
        const access = openAccess({
          context,
          settings,
          state,
          credentials: options.credentials,
          enforced: options.enforceIam,
        });
        const clock = () => new Date();
        const { account } = context;
        const enforced = options.enforceIam ?? false;
        const roles = new RoleStore({ state, account, clock, enforced });
        const gate = enforced ? createIamGate({ state, account, roles, clock }) : undefined;
        runs = createRunsApi({
          home,
          settings,
          version: readVersion(),
          authorize: access.authorize,
          log,
        });
        server = await serve({
          home: home.paths.home,
          store: createDirectoryStore(context.paths.objects),
          objectsAt: home.peers && (() => objectsElsewhere(home)),
          account,
          port: options.port,
          host: options.host,
          advertise: options.advertise ?? settings.url,
          keyring: access.keyring,
          gate,
          credentials: access.shown.kind,
          allowedHosts: [...(settings.allowedHosts ?? []), ...(options.allowedHost ?? [])],
          allowedOrigins: [...(settings.allowedOrigins ?? []), ...(options.allowedOrigin ?? [])],
          api: createAwsApi({
            state,
            jobs,
            peers: home.peers,
            ...(!simulated && { stores }),
            account,
            clock,
            log,
            enforced,
            gate,
            secret: jobSecret(home.paths.home),
            ...(gate && { rights: { roles, gate } }),
            authorize: access.authorize,
          }),
          runs,
          ...(home.peers && { peers: createPeerService({ jobs, log, authorize: access.authorize }) }),
          log,
          tls: readTls(settings, options),
          accessLog,
          metrics: async () => [...(await collectHomeMetrics(state)), ...collectLeaseMetrics(state)],
          notReady: async () => notReady ?? (await countEndpoints(state), lostLease(home)),
        });
        if (home.note !== undefined) say(home.note);
        if (home.peers) await joinOthers(home, home.peers, access.shown.kind, log);
        runner?.adopt();
        await resume(home, say);
        runs.start();
        endRetention = keepRetention(home, configuration.retention, say);
        notReady = undefined;
        printStart(context, server, access);
        await stopped;
        notReady = 'stopping';
        leaves = options.leaveJobs === true && runner !== undefined;
        say(leaves ? LEAVING : STOPPING);
        // Streams would keep their connections.
        await runs.close();
        await server.close();
      } finally {
        await accessLog?.close();
        await endRetention();
        await runs?.close();
        await server?.close();
        await home.close(leaves ? 'leave' : 'interrupt');
        interrupts.close();
        // Its caller may keep it open for as long as this process lives.
        if (options.endWithInput) process.stdin.off('close', stop).destroy();
      }
    });
}

/** The endpoint of the shared store, where that is not this very server. */
function objectsElsewhere({ stores, paths }: Home): string | undefined {
  const { opening } = stores.store('');
  if (opening?.kind !== 's3') return undefined;
  const { endpoint = 'https://s3.amazonaws.com' } = opening.options;
  const server = findHomeServer(paths.home);
  const own = [server?.url, server?.publicUrl].map((url) => url && new URL(url).host);
  return own.includes(new URL(endpoint).host) ? undefined : endpoint;
}

/** Why a server that shares its database is not to be sent requests now. */
function lostLease({ state, peers }: Home): string | undefined {
  return peers && workerOf(state).id === undefined ? 'the lease was lost' : undefined;
}

/** Starts what was in service, and accounts for every job. */
async function resume({ jobs, keeper }: Home, log: (message: string) => void): Promise<void> {
  const resumed = await jobs.endpoints.resume();
  if (resumed.length > 0) log(`Begun anew: ${resumed.join(', ')}`);
  await keeper.start();
}
