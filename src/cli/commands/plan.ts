import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Configuration } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import { loadConfiguration } from '../../core/load-configuration.ts';
import { absolutePlaces, withPlatform } from '../../graph/index.ts';
import { openHome } from '../../home/index.ts';
import { planRun } from '../../home/plan/index.ts';
import { readContext } from '../context.ts';
import { formatPlan, planDocument } from '../display/plan-table.ts';
import { collectKeyValue } from '../key-value.ts';
import { openRunnable } from '../open-runnable.ts';
import { printDocument } from '../output.ts';
import { readWorkflowInputs } from '../workflow-inputs.ts';

interface Options {
  readonly input?: Readonly<Record<string, string>>;
  readonly platform?: string;
}

/** `sluice plan` */
export function configure(command: Command): void {
  command
    .argument(
      '<file>',
      'a TypeScript or JavaScript file that exports a workflow, or a graph: graph.json, - for stdin',
    )
    .argument('[workflow]', 'its name, where the file exports several')
    .option('--input <name=value>', 'an input of the workflow; repeat for more', collectKeyValue)
    .option('--platform <name>', 'where all jobs run: sagemaker, …, auto (default: as each task says)')
    .addHelpText(
      'after',
      `
Shows for each step which platforms were looked at, which one was chosen and
why, how long it is expected to take, and what it would cost, with the day of
the prices. Nothing starts, and no platform has to be reachable.

Platforms are those that the configuration enables; local always is. Rules,
policy and caps stand under router: (docs/router.md).

Examples:
  sluice plan pipeline.ts
  sluice plan pipeline.ts --input data=s3://bucket/data.csv --json | jq .total`,
    )
    .action(async (file: string, name: string | undefined, options: Options) => {
      const context = readContext(command);
      const { paths, environment } = context;
      const runnable = await openRunnable(file, name);
      const { platform, input = {} } = options;
      const base = file === '-' ? process.cwd() : dirname(resolve(file));
      const whole = absolutePlaces(runnable.graph, base);
      const graph = platform === undefined ? whole : withPlatform(whole, platform);
      const inputs = readWorkflowInputs(input, graph.interface);
      const { configuration, isTrusted } = await readConfiguration(paths.home, environment);
      const home = await openHome(context, { configuration });
      try {
        const { state, stores } = home;
        const plan = await planRun({
          graph,
          inputs,
          configuration,
          home: paths.home,
          state,
          stores,
          asksStores: isTrusted,
        });
        printDocument(context, planDocument(graph.name, plan), () => formatPlan(graph.name, plan));
      } finally {
        await home.close();
        await runnable.close();
      }
    });
}

/** Nothing is run by it, so that an untrusted file will do; then nobody is asked who stands in it. */
async function readConfiguration(
  home: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly configuration: Configuration; readonly isTrusted: boolean }> {
  try {
    return { configuration: await loadConfiguration(home, process.cwd(), environment), isTrusted: true };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'ConfigUntrusted') throw error;
    const options = { trusted: false };
    return {
      configuration: await loadConfiguration(home, process.cwd(), environment, options),
      isTrusted: false,
    };
  }
}
