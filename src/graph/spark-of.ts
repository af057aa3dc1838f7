import type { ProcessingTask, SparkApplication } from './types.ts';

/** The Spark application that a task runs: what it says of one, or a script for the framework alone. Pure. */
export function sparkOf(task: ProcessingTask): SparkApplication | undefined {
  if (task.spark) return task.spark;
  return isSpark(task.framework) && task.script && !task.command ? {} : undefined;
}

/** Whether a framework's name means Spark. */
export function isSpark(framework: string | undefined): boolean {
  return /^(?:py)?spark$/i.test(framework ?? '');
}
