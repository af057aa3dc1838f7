import { SluiceError } from '../../../core/errors.ts';
import { describeValue } from '../../../core/json-problem.ts';
import type { Json } from '../../../graph/index.ts';
import type { Home } from '../../../home/index.ts';
import { type RunLimits, unpackLimits } from '../../../home/keep-runs/index.ts';
import type { FlyteTask } from '../flyte-task.ts';

/** The most that the archives of one task may have together, as text: they stand in every execution of a workflow. */
const MOST_CHARACTERS = 2 ** 20;

/**
 * Keeps the code that a task brings in `custom.bundles`: by digest, the archive as base64.
 *
 * @throws SluiceError `InvalidArgument`, or `BundleInvalid` for an archive that is not what its digest says
 */
export async function keepInlineBundles(
  { custom }: Pick<FlyteTask, 'custom'>,
  home: Pick<Home, 'bundles'>,
  limits: RunLimits,
): Promise<void> {
  const given = Object.entries(readBundles(custom['bundles']));
  if (given.length === 0) return;
  const bundles = await home.bundles();
  for (const [digest, archive] of given) {
    const isKept = await bundles.find({ digest }).then(() => true, unlessLost);
    if (!isKept) await bundles.take(digest, chunk(archive), { limits: unpackLimits(limits) });
  }
}

function readBundles(bundles: Json | undefined): Readonly<Record<string, string>> {
  if (bundles === undefined || bundles === null) return {};
  if (typeof bundles !== 'object' || Array.isArray(bundles))
    throw expected('custom.bundles', 'an object', bundles);
  let characters = 0;
  for (const [digest, archive] of Object.entries(bundles)) {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
      throw expected('custom.bundles', "names such as 'sha256:…'", digest);
    if (typeof archive !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(archive))
      throw expected(`custom.bundles.${digest}`, 'an archive as base64', archive);
    characters += archive.length;
  }
  if (characters > MOST_CHARACTERS)
    throw new SluiceError(
      'LimitExceeded',
      `custom.bundles: ${characters} characters; at most ${MOST_CHARACTERS}.`,
      {
        hint: 'Keep larger code in a bucket: custom.task.script.bundle.uri.',
      },
    );
  return bundles as Readonly<Record<string, string>>;
}

function expected(field: string, what: string, got: Json): SluiceError {
  return new SluiceError('InvalidArgument', `${field}: expected ${what}, got ${describeValue(got)}.`);
}

function unlessLost(error: unknown): false {
  if (error instanceof SluiceError && ['BundleNotFound', 'BundleInvalid'].includes(error.code)) return false;
  throw error;
}

async function* chunk(archive: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(archive, 'base64');
}
