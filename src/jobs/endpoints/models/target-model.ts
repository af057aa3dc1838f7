import { createHash } from 'node:crypto';
import { errorMessage } from '../../../core/errors.ts';
import { formatS3Uri, parseS3Uri } from '../../../objects/index.ts';

/** Why the model that an invocation names cannot answer. */
export type TargetModelProblem =
  /** The name leads out of what ModelDataUrl names. */
  | { readonly kind: 'outside' }
  /** There is no such object. */
  | { readonly kind: 'absent'; readonly bucket: string; readonly key: string }
  /** The object is no .tar.gz that stays within its directory. */
  | { readonly kind: 'no-archive'; readonly uri: string }
  /** It could not be fetched, or there is no room for it on the instance. */
  | { readonly kind: 'not-fetched' }
  /** The container did not load it. `text` is undefined when it was too long to be shown. */
  | { readonly kind: 'not-loaded'; readonly status: number; readonly text: string | undefined }
  /** It is still being fetched and loaded. */
  | { readonly kind: 'not-ready' };

/** A model that cannot answer. */
export class TargetModelError extends Error {
  readonly problem: TargetModelProblem;

  constructor(problem: TargetModelProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TargetModelError';
    this.problem = problem;
  }
}

/** A container that has not answered the request to load a model, or not in time: milliseconds. Pure. */
export function loadNotAnswered(
  target: string,
  error: unknown,
  lateAfterMs: number | undefined,
): TargetModelError {
  const text =
    lateAfterMs === undefined
      ? `The container did not load the model: ${errorMessage(error)}`
      : `The model was not loaded within ${lateAfterMs / 1000} seconds.`;
  return new TargetModelError({ kind: 'not-loaded', status: 0, text }, `'${target}': ${text}`, error);
}

/**
 * The archive of a target model: the path below the prefix that ModelDataUrl names. A slash at its beginning is taken
 * for none. Pure.
 *
 * @throws TargetModelError for a path that leads out of the prefix
 */
export function targetModelUri(prefix: string, target: string): string {
  const path = target.replace(/^\/+/, '');
  const parts = path.split('/');
  if (path === '' || parts.some((part) => part === '.' || part === '..')) {
    throw new TargetModelError(
      { kind: 'outside' },
      `TargetModel: expected a path below ${prefix}, got '${target}'.`,
    );
  }
  const { bucket, key } = parseS3Uri(prefix);
  const below = key === '' || key.endsWith('/') ? key : `${key}/`;
  return formatS3Uri({ bucket, key: `${below}${path}` });
}

/** What the container knows a model by: not its name, which may be no name of a directory. Pure. */
export function modelId(target: string): string {
  return createHash('sha256').update(target).digest('hex').slice(0, 32);
}
