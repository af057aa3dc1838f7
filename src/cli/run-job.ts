import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { errorMessage, SluiceError } from '../core/errors.ts';
import { mapAtOnce } from '../core/for-each-at-once.ts';
import { catchInterrupts } from '../core/interrupts.ts';
import { checkNamedDirectory } from '../core/make-directories.ts';
import { onAbort } from '../core/on-abort.ts';
import { type Home, openHome } from '../home/index.ts';
import type { JobHandle, JobStatus, Platform, TaskInvocation } from '../platforms/index.ts';
import { checkTask } from './check-task.ts';
import { readContext } from './context.ts';
import { copyOutput } from './copy-outputs.ts';
import { createJobDisplay, type JobDisplay } from './display/job-display.ts';
import { chosenExecutor } from './executor-options.ts';
import type { JobCommandOptions } from './job-options.ts';
import { metricWarnings } from './metric-warnings.ts';
import { applyRetention } from './prune/apply-retention.ts';
import { readMetricValues } from './read-metric-values.ts';

/** Outputs that are copied at the same time. */
const COPIED_AT_ONCE = 4;

/**
 * Runs one job to its end and shows it: `train`, `process` and `transform`.
 *
 * @throws SluiceError `JobFailed`, `JobStopped`, and whatever refuses the job
 */
export async function runJob(
  command: Command,
  invocation: TaskInvocation,
  options: JobCommandOptions,
): Promise<void> {
  const context = readContext(command);
  checkTask(invocation.task);
  const localOutput = options.output?.startsWith('s3://') ? undefined : options.output;
  if (localOutput !== undefined) checkNamedDirectory(resolve(localOutput), '--output');
  const display = createJobDisplay(context, invocation.jobName, invocation.task);
  const home = await openHome(context, { ...chosenExecutor(options), probeStore: true });
  const stopping = new AbortController();
  const interrupts = catchInterrupts({
    onStop: () => {
      display.note('Stopping: SIGTERM now, SIGKILL after 120 s. Ctrl-C again kills the job at once.');
      stopping.abort();
    },
    onKill: () => void home.killJobs(),
  });
  try {
    if (home.note !== undefined) display.note(home.note);
    const status = await follow(
      (await home.platforms()).local,
      withOutput(invocation, options.output),
      display,
      stopping.signal,
    );
    // What was simulated has made nothing.
    const output = options.executor === 'simulate' ? undefined : options.output;
    const copied = await copyOutputs(home, status, output);
    const values = await readMetricValues(home.state, invocation.jobName, Object.keys(status.metrics));
    display.end(status, copied, values);
    if (status.phase === 'succeeded' && options.executor !== 'simulate')
      for (const warning of metricWarnings(invocation.task, status.metrics)) display.note(warning);
    await applyRetention(home, home.configuration.retention, display.note);
    throwUnlessSucceeded(invocation.jobName, status, interrupts.exitCode());
  } finally {
    await home.close();
    interrupts.close();
  }
}

/** Submits the job and shows it until it has ended. */
async function follow(
  platform: Platform,
  invocation: TaskInvocation,
  display: JobDisplay,
  stopping: AbortSignal,
): Promise<JobStatus> {
  const handle = await platform.submit(invocation, { idempotencyKey: randomUUID() });
  display.submitted();
  using _ = onAbort(stopping, () => {
    platform.cancel(handle).catch((error: unknown) => display.note(errorMessage(error)));
  });
  try {
    const logs = showLogs(platform, handle, display);
    let last = await platform.status(handle);
    for await (const status of platform.watch(handle)) {
      last = status;
      display.status(status);
    }
    await logs;
    return last;
  } catch (error) {
    // The job is this command's, and ends with it.
    await platform.cancel(handle);
    throw error;
  }
}

async function showLogs(platform: Platform, handle: JobHandle, display: JobDisplay): Promise<void> {
  for await (const line of platform.logs(handle, { follow: true })) await display.log(line);
}

function withOutput(invocation: TaskInvocation, output: string | undefined): TaskInvocation {
  if (output === undefined || !output.startsWith('s3://')) return invocation;
  return { ...invocation, outputUri: output.replace(/\/+$/, '') };
}

/** A copy of each output in the local directory that was asked for; outputs of a processing job in one each. */
async function copyOutputs(
  { stores }: Home,
  { outputs }: JobStatus,
  output: string | undefined,
): Promise<string[]> {
  if (output === undefined || output.startsWith('s3://')) return [];
  const places = Object.entries(outputs).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && value.startsWith('s3://') ? [[name, value]] : [],
  );
  const several = places.length > 1 && !('model' in outputs);
  const copied = await mapAtOnce(places, COPIED_AT_ONCE, ([name, uri]) =>
    copyOutput(stores, uri, several ? resolve(output, name) : resolve(output)),
  );
  return copied.flat();
}

function throwUnlessSucceeded(name: string, status: JobStatus, interrupted: number | undefined): void {
  if (interrupted !== undefined) {
    process.exitCode = interrupted;
    return;
  }
  if (status.phase === 'succeeded') return;
  const reason = status.message ?? status.status;
  throw new SluiceError(
    status.phase === 'aborted' ? 'JobStopped' : 'JobFailed',
    `Job '${name}' ended as ${status.status}: ${reason}`,
    { hint: `The whole log: sluice jobs logs ${name}`, details: { jobName: name, status: status.status } },
  );
}
