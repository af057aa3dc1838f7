import { SluiceError } from '../core/errors.ts';
import { checkJob, type JobTask } from '../graph/index.ts';

/** The fields that options of the same name give. */
const OPTION = /^(instanceType|instanceCount|framework|frameworkVersion|distribution)(?=[.:])/;

/** Checks a job before anything of it starts. @throws SluiceError `InvalidArgument` with every problem */
export function checkTask(task: JobTask): void {
  const problems: string[] = [];
  checkJob(task, (problem) => void problems.push(problem.replace(OPTION, optionOf)));
  problems.push(...metricProblems(task));
  if (problems.length > 0) throw new SluiceError('InvalidArgument', problems.join('\n'));
}

/** What an expression captures is the metric's value: without a group there is none, ever. */
function metricProblems(task: JobTask): string[] {
  const definitions = task.type === 'training' ? task.metricDefinitions : [];
  return definitions
    .filter(({ Regex }) => groupsOf(Regex) === 0)
    .map(
      ({ Name, Regex }) =>
        `--metric ${Name}: expected an expression with a group around the value, such as 'loss: ([0-9.]+)', got '${Regex}'.`,
    );
}

/** Undefined for an expression that does not compile, which is told elsewhere. */
function groupsOf(expression: string): number | undefined {
  try {
    // With nothing as another way, it always matches.
    return (new RegExp(`${expression}|`).exec('')?.length ?? 1) - 1;
  } catch {
    return undefined;
  }
}

function optionOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
