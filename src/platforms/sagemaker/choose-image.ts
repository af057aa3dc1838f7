import { interpreterFor } from '../../contract/images.ts';
import { SluiceError } from '../../core/errors.ts';
import type { SageMakerSettings } from '../../core/platforms-settings.ts';
import type { JobTask } from '../../graph/index.ts';

/** What Python scripts run in where neither the task nor the settings name an image. */
const PYTHON_FRAMEWORK = 'scikit-learn';

/** The kind of script that a task runs without naming an image for it, and the program that tells; undefined: it names one. Pure. */
export function scriptWithoutImage(
  task: JobTask,
): { readonly kind: 'python' | 'node'; readonly program: string | undefined } | undefined {
  if (task.type === 'training' && task.algorithm !== undefined) return undefined;
  const usesExistingModel = task.type === 'batch_transform' && task.modelName !== undefined;
  if (task.image !== undefined || task.framework !== undefined || usesExistingModel) return undefined;
  const program =
    task.script?.entry ??
    task.command?.find((word) => interpreterFor(word) !== undefined) ??
    task.command?.[0];
  const isPython =
    interpreterFor(program ?? '') === 'python3' || /(^|\/)python[0-9.]*$/.test(task.command?.[0] ?? '');
  return { kind: isPython ? 'python' : 'node', program };
}

/**
 * A task with the image that it runs in on SageMaker, where it names none: that of the settings for its kind of script; for
 * Python else SageMaker's scikit-learn. A server of Sluice runs scripts without an image, as this machine does. Pure.
 *
 * @throws SluiceError `InvalidArgument` for a script of Node without an image: SageMaker has none
 */
export function chooseImage<Task extends JobTask>(
  task: Task,
  { images = {} }: SageMakerSettings,
  isAws: boolean,
): Task {
  const script = scriptWithoutImage(task);
  if (!script) return task;
  const { kind, program } = script;
  const image = images[kind];
  if (image !== undefined) return { ...task, image };
  if (!isAws || program === undefined) return task;
  if (kind === 'python') return { ...task, framework: PYTHON_FRAMEWORK };
  throw new SluiceError(
    'InvalidArgument',
    `Task '${task.name}': SageMaker has no image with Node.js, in which '${program}' could run.`,
    {
      hint: 'Build one (docs/sagemaker.md has the Dockerfile), push it to ECR, and name it: image of the task, or platforms.sagemaker.images.node of the configuration.',
    },
  );
}
