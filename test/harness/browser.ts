import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pollUntil } from '../../src/core/poll-until.ts';

/** Debian's and Ubuntu's names of it. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];
const STARTS_MS = 120_000;

/** A page in a headless Chromium, driven by its own protocol. Dispose of it: the browser ends. */
export class Page implements AsyncDisposable {
  readonly #browser: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  #asked = 0;

  private constructor(browser: ChildProcess, profile: string, socket: WebSocket) {
    this.#browser = browser;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(String(data)));
  }

  /** Opens an address in a window of this size. @throws Error where there is no Chromium, with how to get it */
  static async open(url: string, { width, height }: { width: number; height: number }): Promise<Page> {
    const program = PROGRAMS.flatMap((name) =>
      (process.env['PATH'] ?? '').split(':').map((directory) => join(directory, name)),
    ).find((file) => existsSync(file));
    if (!program) throw new Error('There is no Chromium: apt-get install chromium');
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
    const browser = spawn(
      program,
      [
        '--headless=new',
        // It runs as root in tests, and opens pages of this machine alone.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--remote-debugging-port=0',
        `--user-data-dir=${profile}`,
        `--window-size=${width},${height}`,
        'about:blank',
      ],
      { stdio: 'ignore', env: { ...process.env, HOME: profile, TMPDIR: profile } },
    );
    let port: string | undefined;
    await pollUntil(async () => (port = await debuggingPort(profile)) !== undefined, {
      everyMs: 100,
      limitMs: STARTS_MS,
    });
    const made = await fetch(`http://127.0.0.1:${port}/json/new?${encodeURIComponent(url)}`, {
      method: 'PUT',
    });
    const { webSocketDebuggerUrl } = (await made.json()) as { webSocketDebuggerUrl: string };
    const socket = new WebSocket(webSocketDebuggerUrl);
    await once(socket as never, 'open');
    return new Page(browser, profile, socket);
  }

  /** What an expression comes to, of JSON; promises are waited for. @throws Error what it throws */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.#ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value?: unknown }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'The page has thrown.');
    return result.value;
  }

  /** Writes what it shows into a PNG. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.#ask('Page.captureScreenshot', { format: 'png' });
    await writeFile(file, Buffer.from(String(data), 'base64'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    const exited = once(this.#browser, 'exit');
    this.#browser.kill('SIGKILL');
    await exited;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  #ask(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++this.#asked;
    const waiting = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  #take(text: string): void {
    const { id, result, error } = JSON.parse(text) as {
      id?: number;
      result?: Record<string, unknown>;
      error?: { message: string };
    };
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result ?? {});
  }
}

/** Chromium writes its port into its profile once it listens. */
async function debuggingPort(profile: string): Promise<string | undefined> {
  const text = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
  return text.split('\n')[0] || undefined;
}
