import { SluiceError } from '../core/errors.ts';
import type { ScriptSource } from '../graph/index.ts';
import type { Bundles, StoredBundle } from './bundles.ts';
import { expectScript, listCodeFiles } from './code-files.ts';

/**
 * The code of a script as a verified bundle; one that lies on this machine is bundled now.
 *
 * @throws SluiceError `ScriptNotFound`, `BundleNotFound`, `BundleInvalid`
 */
export async function bundleScript(bundles: Bundles, script: ScriptSource): Promise<StoredBundle> {
  if (!('bundle' in script)) return bundles.add(await listCodeFiles(script));
  const stored = await bundles.find(script.bundle);
  if (stored.files.some(({ path }) => path === script.entry)) return stored;
  throw new SluiceError('ScriptNotFound', `The bundle ${stored.digest} holds no '${script.entry}'.`, {
    hint: 'The graph was changed by hand, or made wrongly: compile the workflow again.',
  });
}

/** Looks whether the code of a script is there. @throws as {@link bundleScript} */
export async function checkScript(bundles: Bundles, script: ScriptSource): Promise<void> {
  if ('bundle' in script) await bundleScript(bundles, script);
  else await expectScript(script);
}
