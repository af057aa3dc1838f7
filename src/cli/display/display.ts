import type { RunEvent } from '../../engine/index.ts';
import type { Task } from '../../graph/index.ts';

/** What is shown of a workflow. */
export interface RunOutline {
  readonly name: string;
  readonly nodes: readonly { readonly id: string; readonly task: string }[];
  readonly tasks: Readonly<Record<string, { readonly type: Task['type'] }>>;
}

/** Shows a run while it goes on. */
export interface RunDisplay {
  note(text: string): void;
  event(event: RunEvent): void;
  /** A line that a step has printed. */
  output(step: string, line: string): void;
  /** Nothing is drawn after it. */
  close(): void;
}
