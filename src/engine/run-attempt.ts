import { defaultBucket } from '../core/account.ts';
import { SluiceError } from '../core/errors.ts';
import { startTimer } from '../core/long-timer.ts';
import { onAbort } from '../core/on-abort.ts';
import {
  type FunctionTask,
  type GraphNode,
  isRequired,
  type JobTask,
  type Json,
  resolveBindings,
  type Scope,
  type Variable,
} from '../graph/index.ts';
import type { JobHandle, JobStatus } from '../platforms/index.ts';
import { type AttemptOutcome, type AttemptStop, outcomeOfJob, timeoutExpired } from './attempt-outcome.ts';
import { bringInputs } from './bring-inputs.ts';
import { checkRemoteInputs } from './check-remote-inputs.ts';
import type { EngineContext } from './engine-options.ts';
import { failureOf } from './failures.ts';
import { idempotencyKeyOf, jobNameOf } from './names.ts';
import { hasNextPlace, type NodeState, placeOf } from './node-state.ts';
import { platformOf } from './platform-of.ts';
import { queueLimit } from './queue-limit.ts';
import { hasNoRoom, retryAfter } from './retry.ts';
import { taskAt } from './routes.ts';
import { runFunction, type TaskFunction } from './run-function.ts';
import { runJob } from './run-job.ts';

/** How long a function may go on after it was told to stop, milliseconds; then it is no longer waited for. */
const FUNCTION_GRACE_MS = 5000;

/** What all attempts of a run share. */
export interface AttemptContext {
  readonly engine: EngineContext;
  readonly run: string;
  /** It came from elsewhere. */
  readonly remote: boolean;
  readonly functions: Readonly<Record<string, TaskFunction>>;
  readonly scope: Scope;
  /** The name of the platform on which a node has run. */
  readonly platformAt: (node: string) => string | undefined;
  /** Aborted when the run is being stopped. */
  readonly signal: AbortSignal;
  /** Keeps what submit has answered; resolves once it is committed, or the run has broken down. */
  readonly onSubmitted: (node: NodeState, handle: JobHandle) => Promise<void>;
  readonly onStatus: (node: NodeState, status: JobStatus) => void;
}

/** Runs one attempt of a node to its end. Never rejects. */
export async function runAttempt(context: AttemptContext, state: NodeState): Promise<AttemptOutcome> {
  try {
    const inputs = inputsOf(context, state);
    if (state.task.type !== 'function') return await attemptJob(context, state, state.task, inputs);
    return await attemptFunction(context, state, state.task, inputs);
  } catch (error) {
    if (context.signal.aborted) return { kind: 'aborted' };
    const failure = failureOf(error, state.task.type === 'function' ? 'TaskFailed' : 'InternalError');
    const displaced = hasNoRoom(failure) && { displaced: 'capacity' as const };
    return { kind: 'failed', error: failure, retry: retryAfter(failure), ...displaced };
  }
}

function inputsOf({ scope }: AttemptContext, { node, task }: NodeState): Record<string, Json> {
  const values = resolveBindings(node.inputs, scope);
  for (const name in task.interface.inputs) {
    if (name in values) continue;
    const variable = task.interface.inputs[name] as Variable;
    if (variable.default !== undefined) values[name] = variable.default;
    else if (isRequired(variable)) throw outputMissing(node, name);
  }
  return values;
}

/** A node that has succeeded need not have made every output: a training job may leave no archive. */
function outputMissing(node: GraphNode, input: string): SluiceError {
  const binding = node.inputs[input];
  const source =
    binding && 'node' in binding
      ? `output '${binding.output}' of node '${binding.node}', which it has not made`
      : 'a value that is not there';
  return new SluiceError('OutputMissing', `Node '${node.id}': its input '${input}' is ${source}.`, {
    hint: 'A training job leaves no archive of an empty /opt/ml/model or /opt/ml/output/data: write there, or do not pass that output on.',
  });
}

async function attemptJob(
  context: AttemptContext,
  state: NodeState,
  task: JobTask,
  inputs: Readonly<Record<string, Json>>,
): Promise<AttemptOutcome> {
  const { engine, run } = context;
  if (context.remote) checkRemoteInputs(state.node.id, inputs);
  const { node, attempt, job: handle } = state;
  if (state.allowance?.refused) throw state.allowance.refused;
  const platform = engine.platforms[platformOf(state)];
  if (!platform) throw new Error(`Node '${node.id}' has no platform.`);
  const queue = queueLimit(hasNextPlace(state) ? engine.maxQueueMs : undefined);
  const limit = timeLimit(context.signal, task.timeoutSeconds, queue.signal);
  const outputUri = `s3://${defaultBucket(engine.account)}/${run}/${node.id}`;
  try {
    const reachable = handle
      ? inputs
      : await bringInputs({
          node,
          task,
          inputs,
          platform,
          platformAt: (source) => engine.platforms[context.platformAt(source) ?? ''],
          prefix: `${outputUri}/brought/`,
          signal: limit.signal,
        });
    const status = await runJob({
      platform,
      invocation: {
        task: taskAt(task, placeOf(state)),
        inputs: reachable,
        jobName: jobNameOf(run, node.id, attempt),
        outputUri,
        mostSeconds: state.allowance?.mostSeconds,
      },
      idempotencyKey: idempotencyKeyOf(run, node.id, attempt),
      handle,
      signal: limit.signal,
      onSubmitted: (submitted) => context.onSubmitted(state, submitted),
      onStatus: (status) => {
        queue.note(status);
        context.onStatus(state, status);
      },
    });
    return outcomeOfJob(status, {
      stopped: limit.reason(),
      timeoutSeconds: task.timeoutSeconds,
      goesOn: state.goesOn,
      spot: placeOf(state)?.spot,
      hint: hintAt(task) ?? capHint(state),
    });
  } catch (error) {
    if (state.job && isGone(error) && !context.signal.aborted) return gone(state.job);
    throw error;
  } finally {
    queue.end();
    limit.end();
  }
}

/** What a transform that has failed may lack: what serves its model is the image alone. */
function hintAt(task: JobTask): string | undefined {
  if (task.type !== 'batch_transform' || task.script || task.modelName !== undefined || !task.framework)
    return undefined;
  const place = task.file === undefined ? '' : ` (${task.file})`;
  return `Task '${task.name}'${place} names no inference code, so that its image alone serves the model. Where the model needs code of its own, name it: script: 'inference.py'.`;
}

/** What a job that has ended too soon may have met. */
function capHint({ allowance }: NodeState): string | undefined {
  if (allowance?.mostSeconds === undefined) return undefined;
  return `It could run for ${allowance.mostSeconds} s: what was left of the cap paid for no more. Raise the cap, or say how long it takes (expectedDurationInSeconds).`;
}

function isGone(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'JobNotFound';
}

/** Nobody can say what it came to: a new attempt begins. */
function gone({ platform, jobName }: JobHandle): AttemptOutcome {
  const message = `The platform '${platform}' no longer knows the job '${jobName}': it was removed before its end was seen.`;
  return { kind: 'failed', error: { code: 'JobNotFound', message, fault: 'system' }, retry: 'attempt' };
}

async function attemptFunction(
  context: AttemptContext,
  state: NodeState,
  task: FunctionTask,
  inputs: Readonly<Record<string, Json>>,
): Promise<AttemptOutcome> {
  const { run: runId, functions } = context;
  const run = functions[task.name] as TaskFunction;
  const limit = timeLimit(context.signal, task.timeoutSeconds);
  const { signal } = limit;
  try {
    const call = runFunction(task, run, inputs, {
      runId,
      node: state.node.id,
      attempt: state.attempt,
      signal,
    });
    const outputs = await Promise.race([call, limit.overdue]);
    if (outputs) return { kind: 'succeeded', outputs };
    // Its late failure is nobody's any more.
    call.catch(() => undefined);
    return stopped(limit.reason(), task);
  } catch (error) {
    if (limit.reason() === undefined) throw error;
    return stopped(limit.reason(), task);
  } finally {
    limit.end();
  }
}

function stopped(reason: AttemptStop, { timeoutSeconds = 0 }: FunctionTask): AttemptOutcome {
  if (reason === 'timeout')
    return { kind: 'failed', error: timeoutExpired(timeoutSeconds), retry: 'attempt' };
  return { kind: 'aborted' };
}

interface TimeLimit {
  /** Aborted when the run is being stopped or time is over. */
  readonly signal: AbortSignal;
  readonly reason: () => AttemptStop;
  /** Resolves some time after the signal was aborted. */
  readonly overdue: Promise<undefined>;
  end(): void;
}

function timeLimit(run: AbortSignal, timeoutSeconds: number | undefined, queue?: AbortSignal): TimeLimit {
  const { promise: overdue, resolve } = Promise.withResolvers<undefined>();
  const timeout = timeoutSeconds === undefined ? undefined : new AbortController();
  const endTimer =
    timeout &&
    startTimer((timeoutSeconds ?? 0) * 1000, () => timeout.abort(new Error('The attempt took too long.')), {
      keepsAlive: true,
    });
  const others = [timeout?.signal, queue].filter((each) => each !== undefined);
  const signal = others.length > 0 ? AbortSignal.any([run, ...others]) : run;
  let grace: NodeJS.Timeout | undefined;
  const listening = onAbort(signal, () => {
    grace = setTimeout(() => resolve(undefined), FUNCTION_GRACE_MS);
  });
  return {
    signal,
    overdue,
    // The timeout first: a run that is stopped later does not undo it.
    reason: () =>
      timeout?.signal.aborted ? 'timeout' : run.aborted ? 'run' : queue?.aborted ? 'queue' : undefined,
    end: () => {
      endTimer?.();
      clearTimeout(grace);
      listening[Symbol.dispose]();
    },
  };
}
