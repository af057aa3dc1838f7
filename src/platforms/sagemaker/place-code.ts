import { type Bundles, bundleScript, isPython, REQUIREMENTS_FILE } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask } from '../../graph/index.ts';
import type { ObjectStore } from '../../objects/index.ts';
import { SOURCE_ARCHIVE } from '../request/code.ts';
import { spreadCode } from '../request/spread-code.ts';

/** Where the files of processing jobs' code lie, each bundle once. */
const CODE_PREFIX = 'sluice/code/';

/** The code of a job, and where a platform finds it once it was brought there. */
export interface PlacedCode {
  /** A prefix that ends in `/`. */
  readonly codeUri: string;
  /** Whether requirements.txt is part of it. */
  readonly requirements: boolean;
  bring(): Promise<void>;
}

/** The places between which code is brought. */
export interface PlaceCodeOptions {
  /** Of this home. */
  readonly home: Bundles;
  /** Of the platform. */
  readonly bundles: Bundles;
  readonly store: ObjectStore;
  readonly bucket: string;
}

/**
 * The code of a task's script: as an archive for the containers that unpack it themselves, as files for processing jobs.
 *
 * @throws SluiceError `ScriptNotFound`, `BundleNotFound`, `BundleInvalid`
 */
export async function placeCode(task: JobTask, options: PlaceCodeOptions): Promise<PlacedCode | undefined> {
  const { script } = task;
  if (!script) return undefined;
  const { home, bundles, store, bucket } = options;
  const { digest, files } = await bundleScript(home, script);
  const requirements = isPython(script) && files.some(({ path }) => path === REQUIREMENTS_FILE);
  const bringArchive = async () => {
    try {
      await bundles.find({ digest });
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'BundleNotFound') throw error;
      await bundles.take(digest, await home.archive(digest));
    }
  };
  if (task.type !== 'processing')
    return {
      codeUri: bundles.uriOf(digest).slice(0, -SOURCE_ARCHIVE.length),
      requirements,
      bring: bringArchive,
    };
  const prefix = `${CODE_PREFIX}${digest.slice('sha256:'.length)}/`;
  const codeUri = `s3://${bucket}/${prefix}`;
  return {
    codeUri,
    requirements,
    async bring() {
      const marker = `${prefix.slice(0, -1)}.whole`;
      if (await store.head(bucket, marker).catch(() => undefined)) return;
      await spreadCode({ bundles: home, bundle: { digest }, codeUri, stores: { store: () => store } });
      await store.put(bucket, marker, '');
    },
  };
}
