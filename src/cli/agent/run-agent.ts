import { type Command, InvalidArgumentError } from 'commander';
import {
  type AgentJob,
  type EndSource,
  ecsEnd,
  kubernetesEnd,
  openAgentJob,
  readAgentSettings,
  toldEnd,
} from '../../agent/index.ts';
import { AGENT_VARIABLES } from '../../contract/agent-places.ts';
import { metricDefinitions } from '../../contract/algorithm-metrics.ts';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { catchInterrupts } from '../../core/interrupts.ts';
import { createStores } from '../../objects/index.ts';
import { readContext } from '../context.ts';

/** Options of all commands of the agent. */
export interface AgentCommandOptions {
  readonly ml?: string;
  readonly directory?: string;
}

/** How the user's container ended, as the command line says it. */
export interface EndOptions {
  readonly exitCode?: number;
  readonly stopped?: boolean;
  readonly log?: string;
}

/** No result could be written. */
const NO_RESULT = 2;
const FAILED = 1;

/** Adds the options of all commands of the agent. */
export function addAgentOptions(command: Command): Command {
  return command
    .option('--ml <directory>', "the volume of the job's files (default: /opt/ml)")
    .option('--directory <directory>', "the agent's own volume (default: /var/lib/sluice)");
}

/** Adds how the user's container ended. */
export function addEndOptions(command: Command): Command {
  return command
    .option(
      '--exit-code <n>',
      'how the container ended, where the platform is not to be asked',
      parseExitCode,
    )
    .option('--stopped', 'the container was asked to end before')
    .option('--log <file>', 'what the container has printed');
}

/**
 * Opens the job, does something with it, and closes its stores. A signal to end is passed on.
 *
 * @returns the exit code; 2 where the work has failed without a result
 */
export async function runAgent(
  command: Command,
  options: AgentCommandOptions,
  work: (job: AgentJob, onStop: (listener: () => void) => void) => Promise<number>,
): Promise<void> {
  const { environment, paths } = readContext(command);
  let listener: (() => void) | undefined;
  let asked = false;
  const onStop = (): void => {
    asked = true;
    listener?.();
  };
  const interrupts = catchInterrupts({ onStop, onKill: () => undefined });
  try {
    const settings = readAgentSettings(environment, {
      ...(options.ml !== undefined && { mlDirectory: options.ml }),
      ...(options.directory !== undefined && { directory: options.directory }),
    });
    const stores = await createStores({ home: paths.home, environment: withStore(environment) });
    try {
      const job = await openAgentJob({ settings, stores, note: (text) => process.stderr.write(`${text}\n`) });
      process.exitCode = await work(job, (given) => {
        listener = given;
        if (asked) given();
      });
    } finally {
      await stores.close();
    }
  } catch (error) {
    tellFailure(error);
    process.exitCode = NO_RESULT;
  } finally {
    interrupts.close();
  }
}

function tellFailure(error: unknown): void {
  const hint = error instanceof SluiceError && error.hint !== undefined ? ` ${error.hint}` : '';
  process.stderr.write(`sluice agent: ${errorMessage(error)}${hint}\n`);
}

/** Who is asked how the user's container ended. @throws SluiceError `InvalidArgument` where nobody can tell */
export function endSourceOf(
  command: Command,
  { settings, document }: AgentJob,
  options: EndOptions,
): EndSource {
  const { environment } = readContext(command);
  if (options.exitCode !== undefined || options.stopped) {
    const { exitCode, stopped = false, log } = options;
    return toldEnd({ ...(exitCode !== undefined && { exitCode }), stopped }, log);
  }
  const {
    [AGENT_VARIABLES.pod]: pod,
    KUBERNETES_SERVICE_HOST: host,
    ECS_CONTAINER_METADATA_URI_V4: ecs,
  } = environment;
  const asked = environment[AGENT_VARIABLES.end];
  const { container } = settings;
  if (pod && host && asked !== 'ecs') {
    const name = host.includes(':') ? `[${host}]` : host;
    return kubernetesEnd({
      url: `https://${name}:${environment['KUBERNETES_SERVICE_PORT'] ?? 443}`,
      pod,
      container,
    });
  }
  if (ecs && asked !== 'kubernetes') return ecsEnd(ecs, container, { reads: hasMetrics(document) });
  throw new SluiceError('InvalidArgument', 'Expected to be told how the container ended, got nothing.', {
    hint: `On Kubernetes set ${AGENT_VARIABLES.pod} and project a service account's token; elsewhere give --exit-code.`,
  });
}

/** CloudWatch has kept the log itself. */
function hasMetrics(document: AgentJob['document']): boolean {
  return document.jobType === 'training' && metricDefinitions(document.request).length > 0;
}

function parseExitCode(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > 255)
    throw new InvalidArgumentError(`Expected an exit code from 0 to 255, got '${text}'.`);
  return Number(text);
}

/**
 * Opens the stores that an agent works with, does something with them, and closes them. A signal to end aborts.
 *
 * @returns the exit code; 1 where the work has failed
 */
export async function withAgentStores(
  command: Command,
  work: (stores: Awaited<ReturnType<typeof createStores>>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { environment, paths } = readContext(command);
  const stopping = new AbortController();
  const onStop = (): void => stopping.abort(new Error('It is being stopped.'));
  const interrupts = catchInterrupts({ onStop, onKill: () => undefined });
  try {
    const stores = await createStores({ home: paths.home, environment: withStore(environment) });
    try {
      await work(stores, stopping.signal);
    } finally {
      await stores.close();
    }
  } catch (error) {
    tellFailure(error);
    process.exitCode = FAILED;
  } finally {
    interrupts.close();
  }
}

/** No home of this machine is meant: S3 of AWS, unless another store is named. */
function withStore(environment: Readonly<Record<string, string | undefined>>) {
  const named = ['SLUICE_S3', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'].some((name) => environment[name]);
  return named ? environment : { ...environment, SLUICE_S3: 'aws' };
}
