import type { Mount } from '../../contract/mount.ts';
import type { ContainerOptions, NetworkIsolation } from '../../executors/index.ts';
import type { ProcessIdentity } from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import type { JobHost } from '../job-host.ts';

/** How one host's program ended, as the container sees it. */
export interface ProgramEnd {
  readonly exitCode: number;
  /** What the container itself says of it, where the job has left no failure file. */
  readonly failure?: string | undefined;
}

/** What stands for a container on one host. */
export interface HostProgram {
  /** Empty only where {@link container} does what its image says. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly container?: ContainerOptions | undefined;
  readonly workingDirectory?: string | undefined;
  readonly onOutput?: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined;
  /** What the container makes of its program's end. */
  readonly conclude?: ((end: ProgramEnd) => ProgramEnd) | undefined;
}

/** What a program is prepared for: a job's life, or an endpoint's. */
export interface ProgramLife {
  readonly context: Pick<JobsContext, 'stores' | 'executor' | 'containers' | 'home' | 'configuration'>;
  readonly stopSignal: AbortSignal;
  /** Keeps which processes work for it, so that none is left behind. */
  readonly noteProcesses?: (processes: readonly ProcessIdentity[]) => Promise<void>;
}

/** A host of a job, or of an endpoint. */
export type ProgramHost = Pick<JobHost, 'name' | 'mlDirectory' | 'log'>;

/** What a program is prepared with on one host. */
export interface PrepareProgramOptions {
  readonly life: ProgramLife;
  readonly host: ProgramHost;
  /** The job's environment on this host. */
  readonly environment: Readonly<Record<string, string>>;
  /** The job's channels on this host. */
  readonly mounts: readonly Mount[];
  /** EnableNetworkIsolation: what the job installs itself cannot come from the network. @default none */
  readonly isolation?: NetworkIsolation | undefined;
  /** How many GPUs the host gets. @default 0 */
  readonly gpus?: number | undefined;
  /** The names of all hosts of the job. @default this one */
  readonly hosts?: readonly string[];
  /** What the hosts of one job know each other by. @default nothing */
  readonly token?: string | undefined;
  /** Free ports of this machine that all hosts of the job share. @default [] */
  readonly ports?: readonly number[];
}
