import type { Mount } from '../contract/mount.ts';
import type { ContainerSettings } from '../core/config.ts';
import type { ResourceLimits } from '../core/resource-limits.ts';

/**
 * The one interface of what runs a command with a prepared `/opt/ml`. Every executor passes
 * `test/conformance/executor.ts`.
 */
export interface Executor {
  readonly name: 'process' | 'sandbox' | 'container';
  readonly capabilities: ExecutorCapabilities;
  /** Whether it works here, found by trying it. Resolves; never rejects. */
  probe(): Promise<ExecutorProbe>;
  /**
   * Whether mounts may have `copyOnWrite` here.
   *
   * @param directory where jobs have their directories
   */
  canOverlay(directory: string): Promise<boolean>;
  /**
   * Starts the command. Resolves as soon as it runs.
   *
   * @throws SluiceError `ExecutorUnavailable` when the executor itself cannot run here.
   */
  start(options: ExecutionOptions): Promise<Execution>;
}

/** What an executor can do. */
export interface ExecutorCapabilities {
  /** {@link ExecutionOptions.mounts} are honoured without copying. Where false, callers copy instead. */
  readonly mounts: boolean;
  /** The job sees its directory at the real `/opt/ml`. Where false, paths in the command and the environment are translated. */
  readonly realPaths: boolean;
  /**
   * The job sees the system of an image: its programs, its `PATH`, its working directory; its command is process 1.
   * Where false, it sees this machine's system.
   */
  readonly images: boolean;
  /** {@link ExecutionOptions.isolation} is honoured. Where false, such a command is refused. */
  readonly networkIsolation: boolean;
}

/** Whether an executor works on this machine. */
export type ExecutorProbe =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string; readonly hint: string };

/** One command to run. */
export interface ExecutionOptions {
  /**
   * Absolute path of the host directory that the job sees, writable, as `/opt/ml`. In a container, what lies in it at
   * the start is seen so, and beside it what the image has there.
   */
  readonly mlDirectory: string;
  /**
   * The program and its arguments. An element may name paths under `/opt/ml`. Empty only for a {@link container} that
   * does what its image says.
   */
  readonly command: readonly string[];
  /** The whole environment of the job: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Shown on top of `mlDirectory` and the system. Later ones win. @default [] */
  readonly mounts?: readonly Mount[];
  /** The job's host name, `algo-1`. */
  readonly hostname: string;
  /** Every host of the job: they resolve to loopback where the executor can arrange it. */
  readonly hosts: readonly string[];
  /** How many GPUs of this machine it gets; more than there are is all of them. @default 0 */
  readonly gpus?: number | undefined;
  /** EnableNetworkIsolation. @default the command has this machine's network, or that of the engine */
  readonly isolation?: NetworkIsolation | undefined;
  /** What it may use of the machine, where the executor can bound it. @default {@link DEFAULT_LIMITS} */
  readonly limits?: ResourceLimits | undefined;
  /** @default '/opt/ml/code' when it exists in `mlDirectory`, else '/'; in a container what the image says */
  readonly workingDirectory?: string;
  /** The container that the command runs in. The container executor needs it, the others take no notice of it. */
  readonly container?: ContainerOptions;
  /** Called with raw bytes of stdout and stderr as they come, in order for each stream. */
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

/** A network of nothing but loopback. */
export interface NetworkIsolation {
  /** Hosts of one group reach each other. Any text; all hosts of a job have the same. */
  readonly group: string;
  /** A port of the command that this machine reaches at the same port of its loopback. @default none */
  readonly port?: number | undefined;
}

/** The container of a command. */
export interface ContainerOptions {
  /** As the engine knows it. */
  readonly image: string;
  /** Whether {@link ExecutionOptions.command} is given to the image's own ENTRYPOINT, in place of its CMD. */
  readonly keepEntrypoint: boolean;
  /** A loopback port of this machine that leads to port 8080 of the container. @default none */
  readonly port?: number | undefined;
  /** Hosts of one group reach each other by their names. Any text; all containers of a job have the same. */
  readonly group: string;
  /** EnableNetworkIsolation: the container reaches nothing but the hosts of its group. @default false */
  readonly isolated?: boolean | undefined;
  /** What the container is marked with, beside its directory. */
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: ContainerSettings;
}

/** A running command. It owns its whole process tree. */
export interface Execution {
  /** The process id that owns the tree, on this machine. */
  readonly pid: number;
  /** Settles once the command has ended, all its processes are gone and all output was delivered. Never rejects. */
  readonly ended: Promise<ExecutionResult>;
  /** SIGTERM to the command; SIGKILL to the whole tree `graceMs` later. Idempotent; resolves with {@link ended}. */
  stop(options: { readonly graceMs: number }): Promise<ExecutionResult>;
}

/** How a command ended. */
export interface ExecutionResult {
  /** The exit code; 128 + n when signal n ended it, as a shell and Docker report it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** True when {@link Execution.stop} was asked for before the end. */
  readonly stopped: boolean;
  /** What the executor knows of the reason for the end, one sentence. */
  readonly failure?: string | undefined;
}
