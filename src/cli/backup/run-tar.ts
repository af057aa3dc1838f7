import { spawn } from 'node:child_process';
import { SluiceError } from '../../core/errors.ts';

/** `tar` ends so when a file has changed or gone while it was read: logs grow, objects are removed. */
const CHANGED = 1;

/**
 * Runs the system's `tar`.
 *
 * @throws SluiceError `ExecutorUnavailable` where there is none, `DiskFull`, `InvalidArgument` with what it says
 */
export async function runTar(args: readonly string[]): Promise<void> {
  const child = spawn('tar', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2000);
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', (cause) =>
      fail(new SluiceError('ExecutorUnavailable', `tar cannot be run: ${cause.message}`, { cause })),
    );
    child.on('close', done);
  });
  if (code === 0 || code === CHANGED) return;
  const reason = said.trim().split('\n').slice(-3).join('\n');
  if (/No space left|quota exceeded/i.test(reason)) throw new SluiceError('DiskFull', reason);
  throw new SluiceError('InvalidArgument', reason || `tar: it ended with ${code}`);
}
