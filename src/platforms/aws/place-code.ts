import { createHash } from 'node:crypto';
import {
  type Bundles,
  bundleScript,
  isPython,
  JOB_MODULE_DIRECTORY,
  jobModule,
  REQUIREMENTS_FILE,
  type StoredBundle,
} from '../../bundles/index.ts';
import { interpreterFor } from '../../contract/images.ts';
import { SluiceError } from '../../core/errors.ts';
import type { JobTask } from '../../graph/index.ts';
import type { ObjectStore } from '../../objects/index.ts';
import { SOURCE_ARCHIVE } from '../request/code.ts';
import { spreadCode } from '../request/spread-code.ts';
import { isThere } from './is-there.ts';

/** Where the files of jobs' code lie, each bundle once. */
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
 * The code of a task's script: as an archive for the containers that unpack it themselves, else as files.
 *
 * @throws SluiceError `ScriptNotFound`, `BundleNotFound`, `BundleInvalid`
 */
export async function placeCode(
  { script }: JobTask,
  as: 'archive' | 'files',
  options: PlaceCodeOptions,
): Promise<PlacedCode | undefined> {
  if (!script) return undefined;
  const bundle = await bundleScript(options.home, script);
  const requirements = isPython(script) && bundle.files.some(({ path }) => path === REQUIREMENTS_FILE);
  const placed = as === 'archive' ? archive(bundle, options) : await spread(bundle, script.entry, options);
  return { requirements, ...placed };
}

function archive(
  { digest }: StoredBundle,
  { home, bundles }: PlaceCodeOptions,
): Omit<PlacedCode, 'requirements'> {
  return {
    codeUri: bundles.uriOf(digest).slice(0, -SOURCE_ARCHIVE.length),
    async bring() {
      try {
        await bundles.find({ digest });
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'BundleNotFound') throw error;
        await bundles.take(digest, await home.archive(digest));
      }
    },
  };
}

async function spread(
  { digest, files }: StoredBundle,
  entry: string,
  { home, store, bucket }: PlaceCodeOptions,
): Promise<Omit<PlacedCode, 'requirements'>> {
  const hasModule = files.some(({ path }) => path.startsWith(`${JOB_MODULE_DIRECTORY}/`));
  const module = interpreterFor(entry) === 'node' && !hasModule ? await jobModule() : undefined;
  const version = module && createHash('sha256').update(JSON.stringify(module)).digest('hex').slice(0, 8);
  const name = digest.slice('sha256:'.length);
  const place = `${CODE_PREFIX}${name}${version === undefined ? '' : `-${version}`}`;
  const codeUri = `s3://${bucket}/${place}/`;
  return {
    codeUri,
    async bring() {
      const marker = `${place}.whole`;
      if (await isThere(store, bucket, marker)) return;
      await spreadCode({ bundles: home, bundle: { digest }, codeUri, stores: { store: () => store } });
      // Code for Node.js finds `sluice/job` beside it.
      for (const [file, text] of Object.entries(module ?? {}))
        await store.put(bucket, `${place}/${JOB_MODULE_DIRECTORY}/${file}`, text);
      await store.put(bucket, marker, '');
    },
  };
}
