import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { systemErrorCode } from '../../core/errors.ts';

/** A container engine's command line. Podman's and Docker's are the same in all that is used here, but for a few words. */
export interface EngineCommand {
  readonly kind: 'podman' | 'docker';
  /** The program: a name on the `PATH`, or a path. */
  readonly program: string;
}

/** What an engine answered. */
export interface EngineAnswer {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last line of stderr: what went wrong, in the engine's words. */
  readonly problem: string;
  /** The program is not there. */
  readonly missing: boolean;
}

/** How long an engine may take for anything but running a container, milliseconds. */
const ENGINE_LIMIT_MS = 60_000;
const MAX_ANSWER_LENGTH = 2 ** 20;

/**
 * What an engine's command line is run with: Podman looks for `iptables` on the PATH, and Debian gives users and
 * services one without the directories that it is in.
 */
export function engineEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter),
  };
}

/** Asks an engine. Never rejects. */
export function askEngine(
  program: string,
  parameters: readonly string[],
  limitMs = ENGINE_LIMIT_MS,
): Promise<EngineAnswer> {
  return new Promise((resolve) => {
    // Ctrl-C is for Sluice: a container is removed all the same.
    const child = spawn(program, parameters, {
      env: engineEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] = (said[name] + text).slice(-MAX_ANSWER_LENGTH);
      });
    }
    const answer = (ok: boolean, problem: string, missing = false): void =>
      resolve({
        ok,
        stdout: said.stdout.trim(),
        problem: said.stderr.trim().split('\n').at(-1) || problem,
        missing,
      });
    child.once('error', (error) => answer(false, error.message, systemErrorCode(error) === 'ENOENT'));
    child.once('close', (code, signal) =>
      answer(
        code === 0,
        signal === 'SIGKILL' ? 'no answer' : code === 0 ? '' : `${program} ended with code ${code}`,
      ),
    );
  });
}

/** Sends a signal to a container's first process. False where the container does not run. */
export async function signalContainer(
  { program }: EngineCommand,
  name: string,
  signal: 'TERM' | 'KILL',
): Promise<boolean> {
  return (await askEngine(program, ['kill', '--signal', signal, name])).ok;
}

/** Ends and removes a container with the volumes that it alone has; one that is not there is no error. */
export async function removeContainer({ kind, program }: EngineCommand, name: string): Promise<void> {
  // Podman would ask it politely for ten seconds, Docker kills at once.
  const more = kind === 'podman' ? ['--time', '0', '--ignore'] : [];
  await askEngine(program, ['rm', '--force', '--volumes', ...more, name]);
}
