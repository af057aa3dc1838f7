import { fileURLToPath } from 'node:url';
import { findPython } from '../../src/executors/index.ts';
import { type ProgramOptions, type RunningProgram, startProgram } from './sluice.ts';

/** A program with a terminal of its own. */
export interface TerminalProgram extends RunningProgram {
  /** Types Ctrl-C: the terminal sends SIGINT to every process in its foreground. */
  interrupt(): void;
  /** Types a text. */
  type(text: string): void;
}

const RELAY = fileURLToPath(new URL('terminal.py', import.meta.url));

/** Starts a program on a pseudo-terminal; what it prints comes as stdout, stderr included. */
export function startOnTerminal(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): TerminalProgram {
  const python = findPython()?.executable ?? 'python3';
  const program = startProgram(python, [RELAY, file, ...args], { ...options, stdin: 'pipe' });
  const { child } = program;
  return {
    ...program,
    interrupt: () => void child.kill('SIGUSR1'),
    type: (text) => void child.stdin?.write(text),
  };
}
