import { SluiceError } from '../core/errors.ts';
import { checkJob, type JobTask } from '../graph/index.ts';

/** The fields that options of the same name give. */
const OPTION = /^(instanceType|instanceCount|framework|frameworkVersion|distribution)(?=[.:])/;

/** Checks a job before anything of it starts. @throws SluiceError `InvalidArgument` with every problem */
export function checkTask(task: JobTask): void {
  const problems: string[] = [];
  checkJob(task, (problem) => void problems.push(problem.replace(OPTION, optionOf)));
  if (problems.length > 0) throw new SluiceError('InvalidArgument', problems.join('\n'));
}

function optionOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
