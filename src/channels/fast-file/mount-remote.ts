import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { unmountLeftovers, unmountOf } from './leftover-mounts.ts';
import type { FromMount, MountRequest, ToMount } from './mount-messages.ts';

/** Milliseconds: to be mounted, and to be gone. */
const LIMIT_MS = { mount: 30_000, close: 10_000 };

/** A mounted prefix. */
export interface RemoteMount {
  /** Settles when an object could not be read, or the mount has gone. */
  readonly failed: Promise<Error>;
  /** Unmounts, also while files are open. Idempotent. */
  close(): Promise<void>;
}

/** Mounts a prefix of a store on a directory that is there. @returns why this machine cannot, where it cannot */
export async function mountRemote(request: MountRequest): Promise<RemoteMount | { readonly reason: string }> {
  if (process.platform !== 'linux') return { reason: 'FUSE mounts need Linux' };
  await unmountLeftovers(request.directory);
  const process_ = new MountProcess();
  const reason = await process_.mount(request);
  if (reason === undefined) return process_;
  await process_.close();
  return { reason };
}

class MountProcess implements RemoteMount {
  readonly failed: Promise<Error>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #started = Promise.withResolvers<string | undefined>();
  #closing: Promise<void> | undefined;

  constructor() {
    const file = new URL(`./mount-worker${extname(import.meta.url)}`, import.meta.url);
    // In a session of its own: an interrupt from the terminal is Sluice's to handle, and the job may still read.
    this.#child = fork(file, { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.#child.on('message', (message: FromMount) => {
      if (message.kind === 'mounted') this.#started.resolve(undefined);
      else if (message.kind === 'refused') this.#started.resolve(message.reason);
      else resolve(revive(message));
    });
    const lost = (): void => {
      this.#started.resolve('the process that serves the mount has ended');
      if (!this.#closing)
        resolve(revive({ message: 'The process that serves a FastFile channel has ended.' }));
    };
    void this.#exited.then(lost);
  }

  async mount(request: MountRequest): Promise<string | undefined> {
    const late = setTimeout(() => this.#started.resolve('the mount was not ready in time'), LIMIT_MS.mount);
    this.#send({ kind: 'mount', ...request });
    const reason = await this.#started.promise;
    clearTimeout(late);
    return reason;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const late = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS.close);
    this.#send({ kind: 'close' });
    await this.#exited;
    clearTimeout(late);
    if (this.#child.pid !== undefined) await unmountOf(this.#child.pid);
  }

  #send(message: ToMount): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

function revive({
  code = 'InternalError',
  message,
  hint,
}: Omit<FromMount & { kind: 'failed' }, 'kind'>): Error {
  return new SluiceError(code, message, hint === undefined ? {} : { hint });
}
