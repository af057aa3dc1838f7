import { type ModelCache, TARGET_MODEL_HEADER } from '../../jobs/index.ts';
import type { ModelAnswer } from './runtime-error.ts';

const NOT_FOUND = 404;
const INSUFFICIENT_STORAGE = 507;

/**
 * Invokes a model of a multi-model container, which has it for as long as that takes. A container that has no memory
 * left, or has lost the model, is asked again once that is mended.
 *
 * @returns what the model answered in place of a prediction, if it did
 * @throws TargetModelError
 */
export async function askModel(
  models: ModelCache,
  target: string,
  send: (path: string, headers: readonly string[]) => Promise<ModelAnswer | undefined>,
): Promise<ModelAnswer | undefined> {
  const lease = await models.acquire(target);
  try {
    for (let reloaded = false; ; ) {
      const failed = await send(`/models/${lease.id}/invoke`, [TARGET_MODEL_HEADER, target]);
      if (failed?.status === INSUFFICIENT_STORAGE && (await lease.makeRoom())) continue;
      // A model may say 404 for a reason of its own: then it says so again.
      if (failed?.status !== NOT_FOUND || reloaded) return failed;
      reloaded = true;
      await lease.reload();
    }
  } finally {
    lease.release();
  }
}
