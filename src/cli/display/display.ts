import type { RunEvent } from '../../engine/index.ts';

/** Shows a run while it goes on. */
export interface RunDisplay {
  note(text: string): void;
  event(event: RunEvent): void;
  /** A line that a step has printed. */
  output(step: string, line: string): void;
  /** Nothing is drawn after it. */
  close(): void;
}
