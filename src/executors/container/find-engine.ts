import { askEngine, type EngineCommand } from './engine-command.ts';

/** A container engine that works here. */
export interface ContainerEngine extends EngineCommand {
  /** As it names itself: `podman version 4.3.1`. */
  readonly version: string;
  /** Its containers run with the rights of the user, who is root in them. */
  readonly rootless: boolean;
}

/** An engine, or why there is none. */
export type FoundEngine =
  | { readonly engine: ContainerEngine }
  | { readonly reason: string; readonly hint: string };

const INSTALL_HINT =
  'Install Podman (apt-get install podman, dnf install podman, or https://podman.io) or Docker (https://docs.docker.com/engine/install/); SLUICE_CONTAINER_ENGINE names one that is not on the PATH.';
const PROBE_LIMIT_MS = 20_000;

let found: { readonly key: string; readonly engine: Promise<FoundEngine> } | undefined;

/**
 * Finds a container engine that works, once for each process and environment: the one that `SLUICE_CONTAINER_ENGINE`
 * names, else the one that `DOCKER_HOST` or `CONTAINER_HOST` is for, else Podman, else Docker. Their command lines
 * look for sockets themselves, in their usual places. Never rejects.
 */
export function findEngine(): Promise<FoundEngine> {
  const { PATH, SLUICE_CONTAINER_ENGINE, DOCKER_HOST, CONTAINER_HOST } = process.env;
  const key = [PATH, SLUICE_CONTAINER_ENGINE, DOCKER_HOST, CONTAINER_HOST].join('\0');
  if (found?.key !== key) found = { key, engine: tryPrograms(engineCandidates(process.env)) };
  return found.engine;
}

/** The programs to try, the first that works is taken. Pure. */
export function engineCandidates(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const asked = environment['SLUICE_CONTAINER_ENGINE'];
  if (asked) return [asked];
  const dockerFirst = environment['DOCKER_HOST'] && !environment['CONTAINER_HOST'];
  return dockerFirst ? ['docker', 'podman'] : ['podman', 'docker'];
}

async function tryPrograms(programs: readonly string[]): Promise<FoundEngine> {
  const problems: string[] = [];
  for (const program of programs) {
    const engine = await tryProgram(program);
    if (typeof engine !== 'string') return { engine };
    problems.push(engine);
  }
  return { reason: `No container engine works here: ${problems.join('; ')}.`, hint: INSTALL_HINT };
}

/** The engine of a program, or why it does not work. */
async function tryProgram(program: string): Promise<ContainerEngine | string> {
  const version = await askEngine(program, ['--version'], PROBE_LIMIT_MS);
  if (version.missing) return `${program} is not installed`;
  // Podman may be installed under Docker's name.
  const kind = /podman/i.test(version.stdout) ? 'podman' : 'docker';
  const format = kind === 'podman' ? '{{.Host.Security.Rootless}}' : '{{.SecurityOptions}}';
  const answer = await askEngine(program, ['info', '--format', format], PROBE_LIMIT_MS);
  if (!version.ok || !answer.ok) return `${program} does not work: ${answer.problem || version.problem}`;
  const rootless = kind === 'podman' ? answer.stdout === 'true' : answer.stdout.includes('rootless');
  return { kind, program, version: version.stdout, rootless };
}
