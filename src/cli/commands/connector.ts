import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';
import type { FlyteSettings } from '../../core/flyte-settings.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import {
  type MetricsServer,
  openConnector,
  type RunningConnector,
  serveConnector,
  serveMetrics,
} from '../../flyte/connector/index.ts';
import { openHome } from '../../home/index.ts';
import { readContext } from '../context.ts';
import { addExecutorOptions, chosenExecutor, type ExecutorOptions } from '../executor-options.ts';
import { parsePort } from '../key-value.ts';
import { printJson } from '../output.ts';
import { readTls } from '../serve/read-tls.ts';

interface Options extends ExecutorOptions {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly metricsPort?: number;
}

/** `sluice connector` */
export function configure(command: Command): void {
  addExecutorOptions(
    command
      .option('--port <n>', 'port to listen on; 0 takes a free one', parsePort, 8000)
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--tls-cert <file>', 'certificate, PEM: the connector speaks TLS')
      .option('--tls-key <file>', 'its key, PEM')
      .option('--metrics-port <n>', 'port to serve metrics to Prometheus at, over HTTP', parsePort),
  )
    .addHelpText(
      'after',
      `
Serves Flyte's connector protocol (gRPC) until it is told to stop (Ctrl-C): Propeller sends it the tasks of the types
sluice_training, sluice_processing, sluice_batch_transform, sluice_endpoint, sluice_spark and sluice_pipeline, and each
becomes a run of this home, on the platform that the task names. Several connectors may share one PostgreSQL.
A connector that is told to stop leaves its runs to the others, or to the next one.

Only this machine can reach it, unless the configuration says which roles, buckets and places the tasks of which projects
may use (flyte.allow): with that, --host may be any address.

Examples:
  sluice connector
  sluice connector --port 9000 --home ./home
  sluice connector --host 0.0.0.0 --tls-cert tls.crt --tls-key tls.key`,
    )
    .action(async (options: Options) => {
      const context = readContext(command);
      const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
      const log = (message: string) => process.stderr.write(`${message}\n`);
      const home = await openHome(context, {
        ...chosenExecutor(options),
        runner: { log, say: log },
      });
      const interrupts = catchInterrupts({ onStop: () => stop(), onKill: () => home.runner?.terminate() });
      let running: RunningConnector | undefined;
      let metrics: MetricsServer | undefined;
      let close = async (): Promise<void> => undefined;
      try {
        checkHost(options.host, home.configuration.flyte);
        home.runner?.adopt();
        await home.keeper.start();
        const opened = await openConnector({ home, environment: context.environment, log });
        close = opened.close;
        running = await serveConnector({
          connector: opened.connector,
          host: options.host,
          port: options.port,
          tls: readTls({}, options),
        });
        metrics =
          options.metricsPort === undefined
            ? undefined
            : await serveMetrics(running.metrics, options.host, options.metricsPort);
        const at = `${options.host}:${running.port}`;
        if (context.json)
          printJson({
            address: at,
            port: running.port,
            ...(metrics && { metricsPort: metrics.port }),
            home: home.paths.home,
          });
        else process.stdout.write(`Serving Flyte's tasks at ${at}\nCtrl-C stops it.\n`);
        await stopped;
        log('Stopping: calls under way may end, jobs go on.');
      } finally {
        await metrics?.close();
        await running?.close();
        await close();
        await home.close('leave');
        interrupts.close();
      }
    });
}

/** @throws SluiceError `InvalidArgument` */
function checkHost(host: string, settings: FlyteSettings | undefined): void {
  if (settings?.allow || ['127.0.0.1', '::1', 'localhost'].includes(host)) return;
  throw new SluiceError(
    'InvalidArgument',
    `--host: expected an address of this machine alone, got '${host}'.`,
    {
      hint: 'Whoever reaches the connector may have jobs run: say in the configuration what they may use, flyte.allow.',
    },
  );
}
