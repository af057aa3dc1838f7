import type { Stores } from '../channels/index.ts';
import type { Configuration } from '../core/config.ts';

/** What brings data in for the hosts of a job, and takes its results out. */
export interface HostContext {
  readonly stores: Stores;
  /** As far as it decides what a job is shown. */
  readonly executor: {
    readonly name: string;
    readonly capabilities: { readonly mounts: boolean; readonly fuse?: boolean | undefined };
    canOverlay(directory: string): Promise<boolean>;
  };
  readonly configuration: Pick<Configuration, 'limits' | 'archives'>;
}

/** A job, as its hosts have to know it: on this machine, or in an agent elsewhere. */
export interface HostLife<Request = unknown> {
  readonly context: HostContext;
  readonly request: Request;
  /** Trusted: what comes together of several hosts lies below it. */
  readonly directory: string;
  /** Aborts once the job is being stopped. */
  readonly stopSignal: AbortSignal;
  /** Aborts once nothing of the job may be uploaded any more. */
  readonly lostSignal: AbortSignal;
  /** Why it is being stopped. */
  readonly stopReason: string | undefined;
}
