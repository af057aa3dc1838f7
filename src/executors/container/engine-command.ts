import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';

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
    const options = { timeout: limitMs, killSignal: 'SIGKILL', env: engineEnvironment() } as const;
    execFile(program, parameters, options, (error, stdout, stderr) => {
      const problem =
        stderr.trim().split('\n').at(-1) || (error?.killed ? 'no answer' : (error?.message ?? ''));
      resolve({ ok: !error, stdout: stdout.trim(), problem, missing: error?.code === 'ENOENT' });
    });
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
