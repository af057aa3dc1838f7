import { once } from 'node:events';
import { systemErrorCode } from './errors.ts';

/** Nobody reads stdout any more. Node's own `destroyed` does not say so: it mends itself after an EPIPE. */
let closed = false;

/** A reader that has gone (`sluice runs ls | head`) is no error; {@link writeOut} then writes nothing more. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      closed ||= stream === process.stdout;
    });
  }
}

/** A file of a package.json without a type is run as what it is: nothing that its writer has to do. */
const UNSAID_WARNING = 'MODULE_TYPELESS_PACKAGE_JSON';

/** A warning as a line of ours, without Node's process number and advice. */
export function printWarningsPlainly(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (systemErrorCode(warning) !== UNSAID_WARNING) process.stderr.write(`note ${warning.message}\n`);
  });
}

/**
 * Writes to stdout, and waits where its reader is slow, so that a long output does not pile up in memory.
 *
 * @returns false once nobody reads any more
 */
export async function writeOut(text: string): Promise<boolean> {
  const { stdout } = process;
  if (!closed && !stdout.write(text)) {
    const ended = new AbortController();
    const { signal } = ended;
    await Promise.race([once(stdout, 'drain', { signal }), once(stdout, 'close', { signal })]).catch(
      () => undefined,
    );
    ended.abort();
  }
  return !closed;
}
