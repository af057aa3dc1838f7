import { algorithmImageUri } from '../../contract/algorithm-image-uri.ts';
import { frameworkImageUri } from '../../contract/framework-image-uri.ts';
import { parseFrameworkImage } from '../../contract/framework-images.ts';
import { imageForScript, interpreterFor, NODE_IMAGE, PYTHON_IMAGE } from '../../contract/images.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask } from '../../graph/index.ts';
import type { RequestOptions } from './request-options.ts';

/** The archive that carries the code of a training job or a model, as SageMaker's SDK calls it. */
export const SOURCE_ARCHIVE = 'sourcedir.tar.gz';

/** Where a server finds the code that lies in its model's archive. */
export const CODE_IN_MODEL = '/opt/ml/model/code';

/**
 * Whether the code of a model has to lie in its archive: no server but those of scikit-learn and XGBoost fetches it from
 * elsewhere, and what stands for an image here. Pure.
 *
 * @see https://github.com/aws/sagemaker-python-sdk `repack_model`
 */
export function needsCodeInModel(task: JobTask, image: string): boolean {
  if (!task.script || image === NODE_IMAGE || image === PYTHON_IMAGE) return false;
  if (task.type === 'endpoint' && task.mode === 'MultiModel') return false;
  const framework = parseFrameworkImage(image)?.framework;
  return framework !== 'scikit-learn' && framework !== 'xgboost';
}

/** The image: the task's own, its framework's, else by the kind of script. @throws SluiceError `InvalidArgument` */
export function resolveImage(task: JobTask, options: RequestOptions): string {
  if (task.image !== undefined) return task.image;
  if ('algorithm' in task && task.algorithm !== undefined)
    return algorithmImageUri(task.algorithm, options.account.region, task.instanceType);
  if (task.framework !== undefined) return frameworkImage(task, options, task.framework);
  if (task.script) return imageForScript(task.script.entry);
  if (task.command) return imageForCommand(task.command);
  throw new SluiceError(
    'InvalidArgument',
    `Task '${task.name}' names neither a script, a command nor an image.`,
    {
      hint: 'Give it script: a file to run, or image: the container image to run.',
    },
  );
}

function frameworkImage(task: JobTask, { account }: RequestOptions, framework: string): string {
  return frameworkImageUri({
    framework,
    version: task.frameworkVersion,
    region: account.region,
    instanceType: task.instanceType,
    use: task.type === 'batch_transform' || task.type === 'endpoint' ? 'inference' : 'training',
  });
}

function imageForCommand(command: readonly string[]): string {
  if (/(^|\/)python[0-9.]*$/.test(command[0] ?? '')) return PYTHON_IMAGE;
  return imageForScript(command.find((word) => interpreterFor(word) !== undefined) ?? '');
}

/** Tags as requests carry them. */
export function tagList(task: JobTask): { Key: string; Value: string }[] {
  return Object.entries(task.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}
