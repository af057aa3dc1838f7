import picocolors from 'picocolors';

type Colour = (text: string) => string;

const colours: Readonly<Record<string, Colour>> = {
  Completed: picocolors.green,
  succeeded: picocolors.green,
  Failed: picocolors.red,
  failed: picocolors.red,
  Stopped: picocolors.yellow,
  aborted: picocolors.yellow,
  InProgress: picocolors.cyan,
  Stopping: picocolors.cyan,
  running: picocolors.cyan,
};

/** A status in its colour; padding around it is kept. */
export function colourState(cell: string): string {
  return (colours[cell.trim()] ?? String)(cell);
}
