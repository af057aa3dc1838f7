import type { JobTask } from '../graph/index.ts';

/** From the request until the job's own program begins: machine and image. */
export const START_UP_SECONDS = 180;

/** What one instance is taken to work through, where nobody says how long the job takes. Bytes in a second. */
const BYTES_PER_SECOND = 10_000_000;

/** What the job is to take at most, where it has no deadline. */
const DEADLINE_SECONDS = 3600;

/** What is left for the job itself at least, of a deadline that start-up nearly takes. */
const LEAST_SECONDS = 60;

/** Of SageMaker's default quotas. */
const MOST = 20;

/**
 * How many instances a job gets whose task leaves that open: as many as finish by the deadline (an hour, where there is
 * none), if n do n times as much as one. One, where neither the duration nor the size of the data is known. Pure.
 *
 * @param dataBytes of the data that is known; undefined where none is
 * @returns undefined where the task says how many
 */
export function chooseInstanceCount(task: JobTask, dataBytes: number | undefined): number | undefined {
  if (!task.autoInstanceCount) return undefined;
  const bytes = task.dataSizeInBytes ?? dataBytes;
  const seconds =
    task.expectedDurationInSeconds ?? (bytes === undefined ? undefined : bytes / BYTES_PER_SECOND);
  if (seconds === undefined) return 1;
  // The deadline counts from the request on.
  const within =
    task.deadlineInSeconds === undefined
      ? DEADLINE_SECONDS
      : Math.max(task.deadlineInSeconds - START_UP_SECONDS, LEAST_SECONDS);
  return Math.min(MOST, Math.max(1, Math.ceil(seconds / within)));
}

/** A task whose number of instances is no longer open. @param count undefined: nobody has chosen one */
export function withInstanceCount<Task extends JobTask>(task: Task, count: number | undefined): Task {
  return count === undefined ? task : { ...task, instanceCount: count, autoInstanceCount: false };
}
