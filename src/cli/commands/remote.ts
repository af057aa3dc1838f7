import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { SluiceError } from '../../core/errors.ts';

/** What Python ends with where the package is not there: nothing else of it does. */
const MISSING = 93;
const BOOTSTRAP = `
import sys
try:
    from sluice.remote.cli import main
except ImportError:
    sys.exit(${MISSING})
sys.exit(main())
`;

/** `sluice remote`: the package for Python has it. */
export function configure(command: Command): void {
  command
    .usage('[--profile name] COMMAND …')
    .argument('[arguments...]', 'as the package for Python takes them')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: readonly string[]) => {
      process.exitCode = await runPython(args);
    });
}

/** Runs the commands in Python, with this terminal. Ctrl-C is Python's. */
async function runPython(args: readonly string[]): Promise<number> {
  const child = spawn('python3', ['-c', BOOTSTRAP, ...args], { stdio: 'inherit' });
  const ignore = () => undefined;
  const end = () => void child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', end);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (code !== MISSING) return code ?? (signal === 'SIGINT' ? 130 : 143);
  } catch (error) {
    throw unavailable(`python3 does not start: ${(error as Error).message}.`);
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', end);
  }
  throw unavailable("The Python that is first on the PATH has no package 'sluice'.");
}

function unavailable(message: string): SluiceError {
  return new SluiceError('ExecutorUnavailable', message, {
    hint: "The commands of `sluice remote` are Python's: pip install './python[boto3]' in a clone brings them.",
  });
}
