import { errorMessage } from '../../../core/errors.ts';
import { placeIn, removeTree, type TreePlace } from '../../../core/tree/index.ts';
import type { LogWriter } from '../../logs/log-writer.ts';
import type { ModelContainer, NamedModel } from './model-container.ts';

/** What models are removed with. */
export interface RemoveModelOptions {
  readonly container: Pick<ModelContainer, 'unload'>;
  /** What the container sees as /opt/ml/models. */
  readonly directory: TreePlace;
  /** For the container's answer, milliseconds. */
  readonly limitMs: number;
  readonly log: Pick<LogWriter, 'note'>;
  /** Aborts when the container has ended, and its models with it. */
  readonly ended: AbortSignal;
}

/** Unloads a model where the container may have it, and removes its files. What fails is told in the log. */
export async function removeModel(
  model: NamedModel & { readonly sent: boolean },
  options: RemoveModelOptions,
): Promise<void> {
  const { directory, log } = options;
  if (model.sent) await unload(model, options);
  await removeTree(placeIn(directory, model.id)).catch((error: unknown) =>
    log.note(`'${model.target}' could not be removed: ${errorMessage(error)}`),
  );
}

async function unload(
  model: NamedModel,
  { container, log, limitMs, ended }: RemoveModelOptions,
): Promise<void> {
  try {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(limitMs)]);
    const { status } = await container.unload(model, signal);
    if (status >= 300 && status !== 404)
      log.note(`The container answered ${status} to the request to unload '${model.target}'.`);
  } catch (error) {
    if (!ended.aborted) log.note(`'${model.target}' could not be unloaded: ${errorMessage(error)}`);
  }
}
