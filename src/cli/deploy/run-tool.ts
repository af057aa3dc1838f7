import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { SluiceError } from '../../core/errors.ts';
import { findProgram } from '../../executors/index.ts';

/** What waits longer waits for ever. */
const LIMIT_MS = 900_000;

/** Whether a program is found through PATH. */
export function hasTool(name: string): boolean {
  return findProgram(name) !== name;
}

/** How a program is run. */
export interface RunToolOptions {
  /** Exit codes that are no failure. @default [0] */
  readonly accepted?: readonly number[];
  /** Beside this process's own. @default {} */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program whose output goes to stderr. @throws SluiceError `DeployFailed` */
export async function runTool(
  name: string,
  args: readonly string[],
  { accepted = [0], environment = {} }: RunToolOptions = {},
): Promise<void> {
  process.stderr.write(`$ ${[name, ...args].join(' ')}\n`);
  const env = { ...process.env, ...environment };
  const child = spawn(findProgram(name), args, { stdio: ['ignore', 2, 2], timeout: LIMIT_MS, env });
  await ended(child, name, args, accepted);
}

/** What a program prints. @throws SluiceError `DeployFailed` */
export async function readTool(name: string, args: readonly string[]): Promise<string> {
  const child = spawn(findProgram(name), args, { stdio: ['ignore', 'pipe', 2], timeout: LIMIT_MS });
  const [output] = await Promise.all([text(child.stdout as Readable), ended(child, name, args, [0])]);
  return output;
}

async function ended(
  child: ChildProcess,
  name: string,
  args: readonly string[],
  accepted: readonly number[],
): Promise<void> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== null && accepted.includes(code)) return;
  throw new SluiceError('DeployFailed', `${name} ${args[0]} ended with ${signal ?? `exit code ${code}`}.`, {
    hint: 'Its own lines above say why. What was applied before stays; the same again goes on.',
  });
}
