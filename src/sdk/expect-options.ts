import { SluiceError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';

/**
 * Refuses an option that does not exist: the compiler may not have been asked.
 *
 * @param owner - What the options are of, for the message: `Task 'train' (pipeline.ts:3)`
 * @throws SluiceError `GraphInvalid` that names the one that was probably meant
 */
export function expectOptions(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new SluiceError('GraphInvalid', `${owner}: there is no option '${unknown}'.`, {
    hint: suggest(unknown, known),
  });
}
