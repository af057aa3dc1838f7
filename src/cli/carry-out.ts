import type { Bundles } from '../bundles/index.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { SluiceError } from '../core/errors.ts';
import { catchInterrupts } from '../core/interrupts.ts';
import type { Engine, RunHandle, RunResult } from '../engine/index.ts';
import type { Task, WorkflowGraph } from '../graph/index.ts';
import { type Home, openHome } from '../home/index.ts';
import { keepFunctionLine, type RunReport, readRunReport } from '../home/runs/index.ts';
import { type Database, isRunCancelRequested } from '../state/index.ts';
import { captureOutput, type OutputCapture } from './capture-output.ts';
import type { CliContext } from './context.ts';
import type { RunDisplay } from './display/display.ts';
import { createRunDisplay } from './display/run-display.ts';
import { formatRunSummary } from './display/run-summary.ts';
import { chosenExecutor, type ExecutorOptions } from './executor-options.ts';
import { checkSteps, followSteps, type StepFollower } from './follow-steps.ts';
import { metricWarnings } from './metric-warnings.ts';
import { printJson } from './output.ts';
import { applyRetention } from './prune/apply-retention.ts';
import { readRunMetricValues } from './read-metric-values.ts';

/** How often a request to cancel the run is looked for, milliseconds. */
const CANCEL_INTERVAL_MS = 300;

/** A run to show from its beginning to its end. */
export interface ShownRun {
  readonly context: CliContext;
  readonly executor: ExecutorOptions;
  readonly graph: WorkflowGraph;
  /** Begins the run, or takes it up again. */
  readonly begin: (
    engine: Engine,
    wrap: OutputCapture['wrap'],
    bundles: Bundles,
    home: Home,
  ) => Promise<RunHandle>;
  /** Lets go of what {@link begin} made, once the run has ended or could not begin. */
  readonly end?: (() => Promise<void>) | undefined;
  /** Steps whose logs are shown as they come. @default [] */
  readonly follow?: readonly string[];
}

/**
 * Carries a run out, shows it, and prints its report. Ctrl-C stops its jobs, a second one kills them.
 *
 * @throws SluiceError why the run failed
 */
export async function carryOut(options: ShownRun): Promise<void> {
  const { context, executor, graph, begin, follow: steps = [] } = options;
  checkSteps(graph, steps);
  const home = await openHome(context, { ...chosenExecutor(executor), probeStore: true });
  let handle: RunHandle | undefined;
  let display: RunDisplay | undefined;
  let heedCancel: NodeJS.Timeout | undefined;
  const capture = captureOutput((node, line) => {
    if (!handle) return;
    display?.output(node, line);
    keepFunctionLine(context.paths, handle.id, node, line);
  });
  const interrupts = catchInterrupts({
    onStop: () => {
      display?.note('Stopping: SIGTERM now, SIGKILL after 120 s. Ctrl-C again kills the jobs at once.');
      void handle?.cancel();
    },
    onKill: () => void home.killJobs(),
  });
  try {
    const { state, note } = home;
    handle = await begin(await home.engine(), capture.wrap, await home.bundles(), home);
    display = createRunDisplay(context, graph, handle.id);
    for (const each of [...(note === undefined ? [] : [note]), ...(handle.notes ?? [])]) display.note(each);
    if (interrupts.exitCode() !== undefined) void handle.cancel();
    heedCancel = watchForCancel(state, handle, display);
    const followed = followSteps(await home.platforms(), steps, display.output);
    const result = await follow(handle, display, followed);
    capture.close();
    const report = await readRunReport(state, handle.id);
    const simulated = executor.executor === 'simulate';
    for (const warning of simulated ? [] : runWarnings(graph, report)) display.note(warning);
    if (context.json) printJson({ type: 'result', ...report });
    else await printSummary(context, state, report);
    await applyRetention(home, home.configuration.retention, display.note);
    throwUnlessSucceeded(result, interrupts.exitCode());
  } finally {
    clearInterval(heedCancel);
    capture.close();
    display?.close();
    // Whatever has kept it from its end: the run's jobs are this command's, and end with it.
    await handle?.cancel();
    await home.close();
    await options.end?.();
    interrupts.close();
  }
}

async function printSummary({ paths }: CliContext, state: Database, report: RunReport): Promise<void> {
  const values = await readRunMetricValues(state, report);
  process.stdout.write(`${formatRunSummary(report, paths.objects, values)}\n`);
}

/** What the metric definitions of steps that have succeeded did not find. */
function runWarnings({ tasks }: WorkflowGraph, { nodes }: RunReport): string[] {
  return nodes
    .filter(({ phase }) => phase === 'Succeeded')
    .flatMap(({ id, task, metrics }) =>
      metricWarnings(tasks[task] as Task, metrics).map((warning) => `${id}: ${warning}`),
    );
}

/** Heeds `sluice runs cancel` of another process. */
function watchForCancel(state: Database, handle: RunHandle, display: RunDisplay): NodeJS.Timeout {
  const look = async (): Promise<void> => {
    if (!(await isRunCancelRequested(state, handle.id))) return;
    clearInterval(timer);
    display.note('The run was cancelled: its jobs get SIGTERM now, and SIGKILL after 120 s.');
    void handle.cancel();
  };
  // A state that cannot be read now is looked at again.
  const timer = setInterval(() => void look().catch(() => undefined), CANCEL_INTERVAL_MS);
  return timer.unref();
}

async function follow(handle: RunHandle, display: RunDisplay, steps: StepFollower): Promise<RunResult> {
  for await (const event of handle.events) {
    display.event(event);
    steps.event(event);
  }
  const result = await handle.done;
  await steps.close();
  display.close();
  return result;
}

/** @throws SluiceError why a run has not succeeded; after Ctrl-C the exit code alone says so */
export function throwUnlessSucceeded(
  { id, phase, error }: Pick<RunResult, 'id' | 'error'> & { readonly phase: string },
  interrupted: number | undefined,
): void {
  if (phase === 'Succeeded') return;
  const again = `sluice runs resume ${id} repeats only what did not succeed.`;
  if (interrupted !== undefined) {
    process.stderr.write(`${again}\n`);
    process.exitCode = interrupted;
    return;
  }
  const {
    code = 'JobStopped',
    message = `Run '${id}' ended as ${phase}.`,
    hint,
    node,
    logTail,
  } = error ?? {};
  throw new SluiceError(code as ErrorCode, message, {
    hint: hint === undefined ? again : `${hint}\n  ${again}`,
    details: {
      runId: id,
      ...(node === undefined ? {} : { node }),
      ...(logTail === undefined ? {} : { logTail }),
    },
  });
}
