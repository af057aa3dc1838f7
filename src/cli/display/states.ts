import picocolors from 'picocolors';

type Colour = (text: string) => string;

const byColour: readonly [Colour, readonly string[]][] = [
  [picocolors.green, ['Completed', 'Succeeded']],
  [picocolors.red, ['Failed', 'TimedOut', 'Crashed']],
  [picocolors.yellow, ['Stopped', 'Aborted', 'RetryableFailure']],
  [picocolors.cyan, ['InProgress', 'Stopping', 'Running']],
];

const colours = new Map(
  byColour.flatMap(([colour, states]) => states.map((state) => [state, colour] as const)),
);

/** A status in its colour; padding around it is kept. */
export function colourState(cell: string): string {
  return (colours.get(cell.trim().split(' ')[0] ?? '') ?? String)(cell);
}
