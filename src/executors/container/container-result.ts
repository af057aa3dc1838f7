import type { ChildProcess } from 'node:child_process';
import { resultOfShellCode, startFailure } from '../execution-result.ts';
import type { ContainerOptions, ExecutionOptions, ExecutionResult } from '../executor.ts';
import type { holdStartError } from '../hold-start-error.ts';
import { ranOutOfMemory } from './container-record.ts';
import { containerState } from './container-state.ts';
import type { ContainerEngine } from './find-engine.ts';

/** The engine could not make the container, as Podman and Docker themselves report it. */
const ENGINE_FAILED = 125;
/** A container that is killed with its engine's program, as a shell reports it. */
const KILLED = 137;

/** What is to run in a container. */
export type ContainerExecution = ExecutionOptions & { readonly container: ContainerOptions };

/** A container with the engine's program that carries its output. */
export interface RunningContainer {
  readonly child: ChildProcess;
  readonly engine: ContainerEngine;
  readonly name: string;
  readonly options: ContainerExecution;
}

/** How a container's command has ended. */
export async function resultOf(
  { child, engine, name, options }: RunningContainer,
  stderr: ReturnType<typeof holdStartError>,
  stopped: boolean,
): Promise<ExecutionResult> {
  if (child.exitCode === 0) {
    stderr.release();
    return resultOfShellCode(0, stopped);
  }
  const state = await containerState(engine, name);
  if (!state?.started) return notStarted(options, stderr.take(), stopped);
  stderr.release();
  // The engine's program may have been killed, and not the container.
  const code = child.exitCode ?? (state.running ? KILLED : state.exitCode);
  const outOfMemory = state.outOfMemory || ranOutOfMemory(options.mlDirectory);
  return {
    ...resultOfShellCode(code, stopped),
    ...(outOfMemory && { failure: 'The container ran out of memory and was killed' }),
  };
}

/** What the engine said of a container that never ran, in the form of a shell's. */
function notStarted(
  { command, onOutput }: ContainerExecution,
  said: string | undefined,
  stopped: boolean,
): ExecutionResult {
  const reason =
    said
      ?.split('\n')
      .at(-1)
      ?.replace(/^(?:Error|docker): /, '') ?? 'the engine ended without a word';
  const program = command[0] ?? "the image's command";
  if (
    /executable file not found|no such file or directory|invoke a command that was not found/i.test(reason)
  ) {
    return shellFailure(startFailure(program, 'ENOENT'));
  }
  if (/permission denied|operation not permitted/i.test(reason) && /exec/.test(reason)) {
    return shellFailure(startFailure(program, 'EACCES'));
  }
  onOutput('stderr', Buffer.from(`sluice: the container could not be started: ${reason}\n`));
  return {
    exitCode: ENGINE_FAILED,
    signal: null,
    stopped,
    failure: `The container could not be started: ${reason}`,
  };

  function shellFailure({ exitCode, line }: ReturnType<typeof startFailure>): ExecutionResult {
    onOutput('stderr', Buffer.from(line));
    return { exitCode, signal: null, stopped };
  }
}
