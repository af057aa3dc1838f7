import { SluiceError } from '../core/errors.ts';
import type { Json } from '../graph/index.ts';

/**
 * Refuses places of this machine among what a job of a run from elsewhere is given: a step of it may have made the value.
 *
 * @throws SluiceError `AccessDenied`
 */
export function checkRemoteInputs(node: string, inputs: Readonly<Record<string, Json>>): void {
  for (const [name, value] of Object.entries(inputs)) {
    if (typeof value !== 'string' || !isFilePlace(value)) continue;
    throw new SluiceError(
      'AccessDenied',
      `Node '${node}': its input '${name}' is a place of the server's machine, '${value.slice(0, 100)}'.`,
      { hint: 'A run that a server carries out reads data from buckets: s3://…' },
    );
  }
}

/** Whether a value that leads to data leads to a file of the machine. */
function isFilePlace(value: string): boolean {
  return /^\s*file:/i.test(value);
}
