import type { ExecutionOptions } from '../executor.ts';
import type { GpuView } from '../gpu/gpu-view.ts';
import { jobIdentity } from './job-identity.ts';
import { seccompFilter } from './seccomp-filter.ts';
import { systemView } from './system-mounts.ts';

/** File descriptors that bubblewrap is started with. */
export const ARGUMENTS_FD = 3;
export const HOSTS_FD = 4;
/** bubblewrap tells here which process is the sandbox's first, and how the command ended. */
export const STATUS_FD = 5;
/** Held open by the first process of the sandbox alone: it closes when the sandbox has ended. */
export const SYNC_FD = 6;
export const SECCOMP_FD = 7;
/** bubblewrap tells here, before it goes on, whose ids to map, and waits at {@link MAPPED_FD} until they are. */
export const CREATED_FD = 8;
export const MAPPED_FD = 9;
/** From here on the files of the system's configuration. */
export const CONFIGURATION_FD = 10;

/** What every sandbox has, whatever runs in it. */
export function isolationArguments(): string[] {
  return [
    jobIdentity().arguments,
    ['--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ['--die-with-parent', '--new-session', '--clearenv'],
    systemView().arguments,
  ].flat();
}

/** The arguments of bubblewrap for one job. `workingDirectory` is a path in the job; `configuration` is what makes `/etc`. */
export function sandboxArguments(
  options: ExecutionOptions,
  workingDirectory: string,
  gpus: GpuView,
  configuration: readonly string[],
): string[] {
  const { mlDirectory, mounts = [], hostname } = options;
  return [
    isolationArguments(),
    configuration,
    ['--hostname', hostname, '--perms', '0644', '--file', String(HOSTS_FD), '/etc/hosts'],
    gpus.arguments,
    ['--bind', mlDirectory, '/opt/ml'],
    mounts.flatMap(({ source, target, readOnly }) => [readOnly ? '--ro-bind' : '--bind', source, target]),
    Object.entries(sandboxEnvironment(options, gpus)).flatMap(([name, value]) => ['--setenv', name, value]),
    ['--chdir', workingDirectory],
    ['--json-status-fd', String(STATUS_FD), '--sync-fd', String(SYNC_FD)],
    seccompFilter() ? ['--seccomp', String(SECCOMP_FD)] : [],
    jobIdentity().mapped ? ['--info-fd', String(CREATED_FD), '--userns-block-fd', String(MAPPED_FD)] : [],
  ].flat();
}

/** The job's `/etc/hosts`: each of its hosts is this machine. */
export function hostsFile(hosts: readonly string[], hostname: string): string {
  const names = [...new Set(['localhost', hostname, ...hosts])];
  return `127.0.0.1 ${names.join(' ')}\n::1 localhost ip6-localhost ip6-loopback\n`;
}

function sandboxEnvironment({ environment }: ExecutionOptions, gpus: GpuView): Record<string, string> {
  const given = environment['PATH'];
  const path = given ? `${given}:${systemView().path}` : systemView().path;
  return { HOME: '/root', ...gpus.environment, ...environment, PATH: path };
}
