import { constants } from 'node:os';
import type { ExecutionResult } from './executor.ts';

const FIRST_SIGNAL_CODE = 128;

const signalNames: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** The result of a process as Node reports its end: exactly one of code and signal is set. */
export function resultOfExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  stopped: boolean,
): ExecutionResult {
  if (signal) return { exitCode: FIRST_SIGNAL_CODE + constants.signals[signal], signal, stopped };
  return { exitCode: code ?? 1, signal: null, stopped };
}

/**
 * The result of a process whose end a wrapper reports as a shell does: 128 + n for signal n. A program that ends
 * with such a code of its own accord looks the same.
 */
export function resultOfShellCode(code: number, stopped: boolean): ExecutionResult {
  const signal = signalNames.get(code - FIRST_SIGNAL_CODE) ?? null;
  return { exitCode: code, signal, stopped };
}

/** A command that could not be started, as a shell reports it. */
export interface StartFailure {
  /** 127: not found; 126: found, but not executable. */
  readonly exitCode: 126 | 127;
  /** One line for stderr, with its line end. */
  readonly line: string;
}

/** What to report for a command that could not be started. `reason` is the system's code or text. */
export function startFailure(command: string, reason: string): StartFailure {
  const missing = /ENOENT|No such file|ENOTDIR|Not a directory/.test(reason);
  if (!missing)
    return { exitCode: 126, line: `sluice: ${command}: cannot execute: ${plainReason(reason)}\n` };
  const what = command.includes('/') ? 'no such file, or its interpreter is missing' : 'command not found';
  return { exitCode: 127, line: `sluice: ${command}: ${what}\n` };
}

function plainReason(reason: string): string {
  return reason === 'EACCES' ? 'Permission denied' : reason;
}
