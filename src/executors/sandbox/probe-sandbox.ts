import { execFile } from 'node:child_process';
import type { ExecutorProbe } from '../executor.ts';
import { isolationArguments } from './sandbox-arguments.ts';

const PROBE_TIMEOUT_MS = 10_000;

const INSTALL_HINT =
  'Install bubblewrap: apt-get install bubblewrap (Debian, Ubuntu), dnf install bubblewrap (Fedora), pacman -S bubblewrap (Arch), apk add bubblewrap (Alpine).';
const NAMESPACE_HINT =
  'Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1; on Ubuntu 24.04 and later also sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap. In a container of Podman, start that with --security-opt unmask=ALL --security-opt seccomp=unconfined.';

let probed: Promise<ExecutorProbe> | undefined;

/** Whether bubblewrap works here: a sandbox with nothing in it is made once for each process. */
export function probeSandbox(): Promise<ExecutorProbe> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<ExecutorProbe> {
  if (process.platform !== 'linux') {
    return {
      available: false,
      reason: `bubblewrap needs Linux, this is ${process.platform}.`,
      hint: 'Nothing to do: jobs run as plain processes here.',
    };
  }
  const { failure, output } = await tryBubblewrap();
  if (!failure) return { available: true, version: output.trim() || 'bubblewrap' };
  if (failure.code === 'ENOENT') {
    return { available: false, reason: 'bubblewrap (bwrap) is not installed.', hint: INSTALL_HINT };
  }
  const said = failure.stderr.trim().split('\n')[0] || failure.message;
  return { available: false, reason: `bubblewrap does not work here: ${said}`, hint: NAMESPACE_HINT };
}

interface Failure {
  readonly code: unknown;
  readonly message: string;
  readonly stderr: string;
}

function tryBubblewrap(): Promise<{ readonly failure?: Failure; readonly output: string }> {
  // The sandbox's own bwrap tells the version, so that one process shows both.
  const script = 'bwrap --version 2>/dev/null || true';
  const command = [
    ...isolationArguments(),
    '--hostname',
    'probe',
    '--setenv',
    'PATH',
    '/usr/bin:/bin',
    '--',
    'sh',
    '-c',
    script,
  ];
  return new Promise((resolve) => {
    execFile('bwrap', command, { timeout: PROBE_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (!error) resolve({ output: stdout });
      else resolve({ output: '', failure: { code: error.code, message: error.message, stderr } });
    });
  });
}
