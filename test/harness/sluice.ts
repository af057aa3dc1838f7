import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { testDatabaseUrl } from './database.ts';

/** The program: as `npm test` has compiled it, else its source as it is. */
export const mainFile =
  process.env['SLUICE_TEST_PROGRAM'] ?? fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What a finished program left. */
export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramResult>;
  /** Resolves once stdout and stderr together hold the text; rejects when the program ends without it. */
  readonly printed: (text: string | RegExp) => Promise<void>;
  /** What it has printed to stdout so far. */
  readonly output: () => string;
}

/** How a program is started. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly home?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** @default ignore */
  readonly stdin?: 'pipe' | 'ignore';
}

/** Starts `sluice` with these arguments, without a terminal. */
export function startSluice(args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  return startProgram(process.execPath, [mainFile, ...args], options);
}

/** Runs `sluice` to its end. */
export function sluice(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return startSluice(args, options).ended;
}

/** Starts a program with the Node that runs the tests first on its PATH, and a home of its own. */
export function startProgram(file: string, args: readonly string[], options: ProgramOptions): RunningProgram {
  const child = spawn(file, args, {
    cwd: options.cwd,
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
    env: {
      ...withoutVitest(process.env),
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      NO_COLOR: '1',
      ...(options.home === undefined ? {} : { SLUICE_HOME: options.home, ...databaseEnvironment(options) }),
      ...options.environment,
    },
  });
  const output = { stdout: '', stderr: '' };
  const outputs = { stdout: child.stdout as Readable, stderr: child.stderr as Readable };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    outputs[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const watcher of watchers) watcher();
    });
  }
  const { promise: ended, resolve, reject } = Promise.withResolvers<ProgramResult>();
  child.on('error', reject);
  child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  const printed = (text: string | RegExp) => waitForText(output, watchers, ended, text);
  return { child, ended, printed, output: () => output.stdout };
}

function databaseEnvironment({ home, environment }: ProgramOptions): { DATABASE_URL?: string } {
  if (home === undefined || environment?.['DATABASE_URL'] !== undefined) return {};
  const url = testDatabaseUrl(home);
  return url === undefined ? {} : { DATABASE_URL: url };
}

async function waitForText(
  output: { stdout: string; stderr: string },
  watchers: Set<() => void>,
  ended: Promise<ProgramResult>,
  text: string | RegExp,
): Promise<void> {
  const seen = () => {
    const all = output.stdout + output.stderr;
    return typeof text === 'string' ? all.includes(text) : text.test(all);
  };
  if (seen()) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const check = () => {
    if (seen()) resolve();
  };
  watchers.add(check);
  void ended.then(() =>
    reject(new Error(`The program ended without printing ${text}:\n${output.stdout}${output.stderr}`)),
  );
  try {
    await promise;
  } finally {
    watchers.delete(check);
  }
}

/** A child must not believe that it is a test. */
function withoutVitest(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^(VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$|SLUICE_)/.test(name),
    ),
  );
}

/** Makes empty directories that are removed after each test of the file. */
export function temporaryDirectories(): () => Promise<string> {
  const made: string[] = [];
  afterEach(async () => {
    await Promise.all(
      made.splice(0).map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })),
    );
  });
  return async () => {
    const path = await mkdtemp(join(tmpdir(), 'cli-'));
    made.push(path);
    return path;
  };
}
