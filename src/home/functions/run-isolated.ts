import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackBundle } from '../../bundles/index.ts';
import { DEFAULT_MAX_RUNTIME_SECONDS } from '../../contract/rules.ts';
import { SluiceError } from '../../core/errors.ts';
import { onAbort } from '../../core/on-abort.ts';
import { makeTemporaryDirectory } from '../../core/temporary-directory.ts';
import { readBelow, removeTree } from '../../core/tree/index.ts';
import { type FunctionContext, MAX_OUTPUTS_BYTES, outputsTooLong } from '../../engine/index.ts';
import type { ExecutionResult } from '../../executors/index.ts';
import type { FunctionTask, Json } from '../../graph/index.ts';
import type { FunctionAnswer, FunctionCall } from './function-call.ts';
import type { IsolatedFunctionsOptions } from './isolated-functions-options.ts';

/** How long a function may go on once it was told to stop, milliseconds. */
const STOP_GRACE_MS = 5000;

/** As a job of SageMaker: what never ends would keep its place for ever. Milliseconds. */
const MAX_RUNTIME_MS = DEFAULT_MAX_RUNTIME_SECONDS * 1000;

/** The longest answer that is read, bytes: outputs, and what is around them. */
const MAX_ANSWER_BYTES = MAX_OUTPUTS_BYTES + 1024;

/** A longer line is cut, characters. */
const MAX_LINE_LENGTH = 64 * 1024;

/** What a function says of its failure is kept with its run, characters. */
const MAX_MESSAGE_LENGTH = 8192;

/** The source or the build of this package, whichever runs, and where the function's process sees it. */
const PACKAGE = join(import.meta.dirname, '../..');
const PACKAGE_IN_JOB = '/opt/ml/sluice';
const WORKER = `home/functions/function-worker${import.meta.filename.slice(import.meta.filename.lastIndexOf('.'))}`;

/** Runs one call of a function in a process of its own. @throws what the function throws, by its message */
export async function runIsolated(
  options: IsolatedFunctionsOptions,
  task: FunctionTask,
  inputs: Readonly<Record<string, Json>>,
  context: FunctionContext,
): Promise<unknown> {
  const { runId, node, attempt } = context;
  const overdue = AbortSignal.timeout(MAX_RUNTIME_MS);
  const signal = AbortSignal.any([context.signal, overdue]);
  signal.throwIfAborted();
  const { code } = task as Required<FunctionTask>;
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const directory = await makeTemporaryDirectory(options.directory, 'call');
  try {
    await unpackBundle(options.bundles, code.bundle, join(directory, 'code'));
    const { entry, workflow } = code;
    const call: FunctionCall = { entry, workflow, task: task.name, inputs, runId, node, attempt };
    for (const each of ['input', 'output']) await mkdir(join(directory, each));
    await writeFile(join(directory, 'input/call.json'), JSON.stringify(call));
    const ended = await execute(options, directory, { ...context, signal });
    context.signal.throwIfAborted();
    if (overdue.aborted) throw failed(`Task '${task.name}' ran for longer than a day.`);
    return readAnswer(directory, task, ended);
  } finally {
    await removeTree(directory);
  }
}

async function execute(
  { executor, onLine }: IsolatedFunctionsOptions,
  mlDirectory: string,
  { signal, runId, node }: FunctionContext,
): Promise<ExecutionResult> {
  const { mounts } = executor.capabilities;
  const rests = { stdout: '', stderr: '' };
  const tell = (line: string): void => onLine?.(runId, node, line.replace(/\r$/, ''));
  const execution = await executor.start({
    mlDirectory,
    command: [
      'node',
      `${mounts ? PACKAGE_IN_JOB : PACKAGE}/${WORKER}`,
      '/opt/ml/code',
      '/opt/ml/input/call.json',
      '/opt/ml/output/answer.json',
    ],
    environment: { LANG: 'C.UTF-8', NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON' },
    mounts: mounts ? [{ source: PACKAGE, target: PACKAGE_IN_JOB, readOnly: true }] : [],
    hostname: 'algo-1',
    hosts: ['algo-1'],
    onOutput: (stream, chunk) => {
      const lines = `${rests[stream]}${chunk.toString('utf8')}`.split('\n');
      rests[stream] = lines.pop() ?? '';
      if (rests[stream].length > MAX_LINE_LENGTH) lines.push(rests[stream].slice(0, MAX_LINE_LENGTH));
      if (rests[stream].length > MAX_LINE_LENGTH) rests[stream] = '';
      for (const line of lines) tell(line);
    },
  });
  using _ = onAbort(signal, () => void execution.stop({ graceMs: STOP_GRACE_MS }));
  const ended = await execution.ended;
  for (const rest of Object.values(rests)) if (rest !== '') tell(rest);
  return ended;
}

/** It was written by the function's process: it may be anything. */
function readAnswer(root: string, { name }: FunctionTask, { exitCode, failure }: ExecutionResult): unknown {
  const bytes = readBelow({ root, path: 'output/answer.json' }, MAX_ANSWER_BYTES + 1);
  if (!bytes)
    throw failed(
      `The process of task '${name}' ended with exit code ${exitCode}.${failure ? ` ${failure}` : ''}`,
    );
  if (bytes.length > MAX_ANSWER_BYTES) throw outputsTooLong({ name });
  const answer = parse(bytes);
  if (answer && 'outputs' in answer) return answer.outputs;
  const said: { invalid?: unknown; error?: unknown } | undefined = answer;
  if (typeof said?.invalid === 'string')
    throw new SluiceError('OutputInvalid', `Task '${name}': ${cut(said.invalid)}.`, {
      hint: 'Return what JSON can hold: text, finite numbers, true and false, null, lists and objects.',
    });
  throw failed(
    typeof said?.error === 'string' ? cut(said.error) : `Task '${name}' gave no answer that can be read.`,
  );
}

function cut(text: string): string {
  return text.slice(0, MAX_MESSAGE_LENGTH);
}

function parse(bytes: Buffer): FunctionAnswer | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as FunctionAnswer) : undefined;
  } catch {
    return undefined;
  }
}

/** Without a stack: the place of the failure is not in this program. */
function failed(message: string): Error {
  const error = new Error(message);
  error.stack = '';
  return error;
}
