import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type ErrorCode, errorCodes } from '../../src/core/error-codes.ts';
import { SluiceError } from '../../src/core/errors.ts';
import type { JobHandle, JobStatus, LogLine, Platform, TaskInvocation } from '../../src/platforms/index.ts';

/** How another process opens a platform: a module that exports `openPlatform`, and what it is given. */
export interface PlatformModule {
  readonly module: string;
  readonly options: unknown;
}

/** What {@link PlatformModule} exports as `openPlatform`. */
export type OpenPlatform<Options> = (options: Options) => Promise<{
  readonly platform: Platform;
  /** Lets go of everything; jobs go on. */
  readonly detach: () => Promise<void>;
}>;

interface Answer {
  readonly id: number;
  readonly item?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code?: ErrorCode; readonly message: string };
}

/** A platform in a process of its own: what is called here happens there. */
export class PlatformProcess implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  constructor({ module, options }: PlatformModule) {
    const worker = join(import.meta.dirname, '../fixtures/platforms/worker.ts');
    this.#child = spawn(process.execPath, [worker, module, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'exit');
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line, revived) as Answer;
      this.#waiting.get(answer.id)?.(answer);
    });
    this.#child.once('exit', () => {
      const error = { message: 'The process has ended.' };
      for (const [id, take] of this.#waiting) take({ id, error });
    });
  }

  submit(invocation: TaskInvocation, idempotencyKey: string): Promise<JobHandle> {
    return this.#call('submit', [invocation, { idempotencyKey }]) as Promise<JobHandle>;
  }

  status(handle: JobHandle): Promise<JobStatus> {
    return this.#call('status', [handle]) as Promise<JobStatus>;
  }

  cancel(handle: JobHandle): Promise<void> {
    return this.#call('cancel', [handle]) as Promise<void>;
  }

  watch(handle: JobHandle): AsyncGenerator<JobStatus> {
    return this.#iterate('watch', [handle]) as AsyncGenerator<JobStatus>;
  }

  logs(handle: JobHandle, options: object): AsyncGenerator<LogLine> {
    return this.#iterate('logs', [handle, options]) as AsyncGenerator<LogLine>;
  }

  /** Detaches, and ends in good order. */
  async detach(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  /** As a crash: nothing is detached. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #call(method: string, parameters: readonly unknown[]): Promise<unknown> {
    for await (const item of this.#answers(method, parameters)) return item;
    return undefined;
  }

  #iterate(method: string, parameters: readonly unknown[]): AsyncGenerator {
    return this.#answers(method, parameters);
  }

  async *#answers(method: string, parameters: readonly unknown[]): AsyncGenerator {
    const id = this.#next++;
    const answers: Answer[] = [];
    let wake = (): void => undefined;
    this.#waiting.set(id, (answer) => {
      answers.push(answer);
      wake();
    });
    this.#child.stdin.write(`${JSON.stringify({ id, method, parameters })}\n`);
    try {
      for (;;) {
        const answer = answers.shift();
        if (!answer) await new Promise<void>((resolve) => (wake = resolve));
        else if (answer.error) throw errorOf(answer.error);
        else if ('item' in answer) yield answer.item;
        else if (answer.result !== undefined) return yield answer.result;
        else return;
      }
    } finally {
      this.#waiting.delete(id);
    }
  }
}

function errorOf({ code, message }: NonNullable<Answer['error']>): Error {
  return code && code in errorCodes ? new SluiceError(code, message) : new Error(message);
}

function revived(key: string, value: unknown): unknown {
  return key === 'timestamp' || key.endsWith('At') ? new Date(value as string) : value;
}
