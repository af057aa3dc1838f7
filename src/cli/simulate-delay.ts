import { InvalidArgumentError, Option } from 'commander';

/** `--simulate-delay`: how long simulated jobs stay in a secondary status. */
export function simulateDelayOption(): Option {
  return new Option(
    '--simulate-delay <ms>',
    'how long a simulated job stays in each secondary status, in milliseconds; or in some of them: Training=2000,Uploading=50',
  )
    .argParser(parseSimulateDelay)
    .default(() => 0, '0');
}

/**
 * The delays that a text names: `500` for each status, `Training=2000,Uploading=50` for some, `100,Training=2000` for
 * one and all the others.
 *
 * @throws InvalidArgumentError
 */
export function parseSimulateDelay(text: string): (secondaryStatus: string) => number {
  let others = 0;
  const named = new Map<string, number>();
  for (const part of text.split(',')) {
    const match = /^(?:([A-Za-z]+)=)?(\d{1,9})$/.exec(part.trim());
    if (!match) {
      throw new InvalidArgumentError(
        `Expected milliseconds, or <status>=<milliseconds> with commas between, got '${part}'.`,
      );
    }
    const [, status, ms] = match;
    if (status === undefined) others = Number(ms);
    else named.set(status, Number(ms));
  }
  return (status) => named.get(status) ?? others;
}
