import { dirname } from 'node:path';
import type { Command } from 'commander';
import { absolutePlaces, withPlatform } from '../../graph/index.ts';
import { approvedPlan } from '../approved-plan.ts';
import { carryOut } from '../carry-out.ts';
import { readContext } from '../context.ts';
import { addExecutorOptions, type ExecutorOptions } from '../executor-options.ts';
import { collect, collectKeyValue, parseCount } from '../key-value.ts';
import { openRunnable, type Prepared } from '../open-runnable.ts';
import { runRemotely } from '../remote/run-remotely.ts';
import { addServerOption, chosenServer, type ServerOption } from '../remote/server-option.ts';
import { readWorkflowInputs } from '../workflow-inputs.ts';

interface Options extends ExecutorOptions, ServerOption {
  readonly detach?: boolean;
  readonly idempotencyKey?: string;
  readonly input?: Readonly<Record<string, string>>;
  readonly concurrency?: number;
  readonly platform?: string;
  readonly yes?: boolean;
  readonly follow?: readonly string[];
}

/** `sluice run` */
export function configure(command: Command): void {
  addServerOption(
    addExecutorOptions(
      command
        .argument(
          '<file>',
          'a TypeScript or JavaScript file that exports a workflow, or a graph: graph.json, - for stdin; with --server also name or name@version of a registered workflow',
        )
        .argument('[workflow]', 'its name, where the file exports several')
        .option('--input <name=value>', 'an input of the workflow; repeat for more', collectKeyValue)
        .option('--concurrency <n>', 'steps at once (default: as many jobs as CPUs)', parseCount)
        .option(
          '--platform <name>',
          'where all jobs run: local, sagemaker, …, auto (default: as each task says)',
        )
        .option('--yes', 'begin, whatever the plan says that it costs')
        .option('--follow <step>', 'show the log of this step as it comes; repeat for more', collect),
    ),
  )
    .option('--detach', 'with --server: print the id of the run, and leave it to the server')
    .option('--idempotency-key <key>', 'with --server: the same key twice is one run')
    .addHelpText(
      'after',
      `
Values are read as the workflow declares its inputs: a path for a uri, JSON or
@file.json for json. With --json there is one event per line; the last one has
the type "result".

A graph that \`sluice compile\` has written runs on any machine: its bundles are
taken from bundles/ beside it or from the store, relative places of data start
at its directory, and packages that its functions import are looked for there.

Where the configuration enables other platforms than this machine, the plan is
shown first (sluice plan), and a run that costs money asks: --yes agrees, and
so does router.maxCostInUSDPerRun in the configuration.

Examples:
  sluice run pipeline.ts
  sluice run pipeline.ts diagnosis --input data=./data.csv --input epochs=100
  sluice run pipeline.ts --follow train
  sluice run pipeline.ts --platform sagemaker
  sluice run pipeline.ts --server http://127.0.0.1:4777 --detach
  sluice run diagnosis@1.0 --server http://127.0.0.1:4777
  sluice run out/graph.json --input data=s3://bucket/data.csv
  sluice run pipeline.ts --input config=@config.json --json`,
    )
    .action(async (file: string, name: string | undefined, options: Options) => {
      const context = readContext(command);
      const server = await chosenServer(options, context);
      if (server) {
        const { input = {}, follow = [], concurrency, platform, detach = false, idempotencyKey } = options;
        return runRemotely({
          context,
          server,
          file,
          name,
          input,
          follow,
          concurrency,
          platform,
          detach,
          idempotencyKey,
        });
      }
      const { concurrency, follow = [], platform, yes = false } = options;
      const runnable = await openRunnable(file, name);
      const graph = platform === undefined ? runnable.graph : withPlatform(runnable.graph, platform);
      const inputs = readWorkflowInputs(options.input ?? {}, graph.interface);
      await carryOut({
        context,
        executor: options,
        graph,
        follow,
        begin: async (engine, wrap, bundles, home) => {
          const { functions, ...prepared } = await runnable.prepare(bundles);
          const compiled =
            platform === undefined
              ? prepared
              : { ...prepared, graph: withPlatform(prepared.graph, platform) };
          const whole = absolutePlaces(compiled.graph, baseOf(compiled));
          const plan = await approvedPlan({ context, home, graph: whole, inputs, yes });
          return engine.run({
            ...compiled,
            ...(plan && { plan }),
            inputs,
            functions: wrap(functions),
            ...(concurrency === undefined ? {} : { concurrency }),
          });
        },
        end: runnable.close,
      });
    });
}

/** Where relative places of its graph start. */
function baseOf({ directory, file }: Omit<Prepared, 'functions'>): string {
  return directory ?? (file === undefined ? process.cwd() : dirname(file));
}
