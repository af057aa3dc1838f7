import type { Task } from '../graph/index.ts';

/** A sentence on each metric definition of a job that has run which gave no value: its expression may be wrong. Pure. */
export function metricWarnings(task: Task, metrics: Readonly<Record<string, number>> = {}): string[] {
  if (task.type !== 'training') return [];
  return task.metricDefinitions
    .filter(({ Name }) => !Object.hasOwn(metrics, Name))
    .map(
      ({ Name, Regex }) =>
        `The metric '${Name}' has no value: no line of the log gave a number for the expression '${Regex}'.`,
    );
}
