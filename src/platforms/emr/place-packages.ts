import { posix } from 'node:path';
import type { Bundles, StoredBundle } from '../../bundles/index.ts';
import { SluiceError } from '../../core/errors.ts';
import type { ProcessingTask } from '../../graph/index.ts';
import type { AwsConnection } from '../aws/aws-site.ts';
import { isThere } from '../aws/is-there.ts';
import { type ZipFile, zipOf } from './zip.ts';

/** Packages are code: what is larger is data, and no part of an archive of modules. Bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The packages beside a script, and where they lie once they were brought there. */
export interface PlacedPackages {
  /** `s3://….zip` */
  readonly uri: string;
  bring(): Promise<void>;
}

/** The files of the packages that a script finds in directories beside itself, as paths in its code. Pure. */
export function packageFilesOf(
  { script }: Pick<ProcessingTask, 'script'>,
  files: readonly { readonly path: string }[],
): string[] {
  if (!script?.entry.endsWith('.py')) return [];
  const beside = posix.dirname(script.entry);
  const packageOf = (path: string): string | undefined => {
    const relative = posix.relative(beside, path);
    return relative.startsWith('../') || !relative.includes('/') ? undefined : relative.split('/')[0];
  };
  const packages = new Set(
    files.filter(({ path }) => path.endsWith('.py')).map(({ path }) => packageOf(path)),
  );
  packages.delete(undefined);
  return files.map(({ path }) => path).filter((path) => packages.has(packageOf(path)));
}

/** The packages beside a script as one archive: driver and executors import from it. Undefined where there are none. */
export function placePackages(
  task: ProcessingTask,
  { digest, files }: Pick<StoredBundle, 'digest' | 'files'>,
  home: Bundles,
  { store, bucket }: Pick<AwsConnection, 'store' | 'bucket'>,
): PlacedPackages | undefined {
  const paths = new Set(packageFilesOf(task, files));
  if (paths.size === 0) return undefined;
  const beside = posix.dirname(task.script?.entry ?? '');
  const place = Buffer.from(beside).toString('hex');
  const key = `sluice/code/${digest.slice('sha256:'.length)}.packages-${place}.zip`;
  return {
    uri: `s3://${bucket}/${key}`,
    async bring() {
      if (await isThere(store, bucket, key)) return;
      const packed: ZipFile[] = [];
      let size = 0;
      await home.read({ digest }, async (path, _isExecutable, bytes, body) => {
        if (!paths.has(path)) return;
        size += bytes;
        if (size > MOST_BYTES) throw tooLarge(task);
        packed.push({
          name: posix.relative(beside, path),
          bytes: Buffer.concat(await Array.fromAsync(body)),
        });
      });
      await store.put(bucket, key, zipOf(packed));
    },
  };
}

function tooLarge({ name }: ProcessingTask): SluiceError {
  return new SluiceError(
    'InvalidArgument',
    `EMR cannot run task '${name}': the packages beside its script are more than ${MOST_BYTES >> 20} MiB.`,
    { hint: 'Put data beside them into S3, and name it as an input.' },
  );
}
