import { SluiceError } from '../../core/errors.ts';
import { parseS3Uri } from '../../objects/index.ts';
import type { InputOptions, PreparedInput } from '../channel.ts';
import { planMounts } from '../file/plan-mounts.ts';
import { prepareFile } from '../file/prepare-file.ts';
import { makeInputDirectory } from '../input-directory.ts';
import { listObjects } from '../source/list-objects.ts';
import { folderPrefix } from './check-folder.ts';
import { mountRemote } from './mount-remote.ts';

/**
 * FastFile mode: the channel's objects as files that are read when the job reads them. Objects that are files of this
 * machine are shown where they are; all others through a FUSE mount. Where neither is possible they are copied before
 * the start, with a note.
 *
 * Source: the SageMaker developer guide, "Access training data": read-only, S3Prefix only, no part of a folder's name.
 * Gaps: the hosts' shares of a ShardedByS3Key channel are copied.
 * By design: an object stays as it was when the job first saw it; one that changes then is an error.
 */
export async function prepareFastFile(options: InputOptions): Promise<PreparedInput> {
  const { name, dataType = 'S3Prefix' } = options.channel;
  if (dataType !== 'S3Prefix') {
    throw new SluiceError(
      'InvalidArgument',
      `Channel '${name}': FastFile takes S3DataType S3Prefix, got ${dataType}.`,
    );
  }
  const prefix = await prefixOf(options);
  const shown = (await showFiles(options)) ?? (await mountPrefix(options, prefix));
  if ('mounts' in shown) return shown;
  const input = await prepareFile(options);
  if (input.mounts.length > 0) return input;
  const note = `Channel '${name}': its data was copied before the start (File mode) instead of being read lazily (FastFile): ${shown.reason}.`;
  return { ...input, notes: [...input.notes, note] };
}

/** Undefined for what is no directory of a store. */
async function prefixOf({ channel, stores }: InputOptions): Promise<string | undefined> {
  if (channel.uri.startsWith('file://')) return undefined;
  return folderPrefix(channel, stores.store(parseS3Uri(channel.uri).bucket));
}

/** Objects that are files of this machine, where they are. */
async function showFiles(options: InputOptions): Promise<PreparedInput | undefined> {
  const { channel, stores } = options;
  const local =
    channel.uri.startsWith('file://') || stores.store(parseS3Uri(channel.uri).bucket).local !== undefined;
  if (!options.mounts || !local) return undefined;
  const { mounts, objects, bytes } = await planMounts({ ...options, objects: listObjects(options) });
  if (!mounts) return undefined;
  makeInputDirectory(options);
  return {
    mounts,
    objects,
    bytes,
    notes: [],
    failed: new Promise(() => undefined),
    close: async () => undefined,
  };
}

/** A prefix of a store, mounted in the job's own directory. How much it holds is not known. */
async function mountPrefix(
  options: InputOptions,
  prefix: string | undefined,
): Promise<PreparedInput | { readonly reason: string }> {
  const { channel, host, stores, mounts, directory, target, signal, fuse = true } = options;
  if (!fuse) return { reason: 'no file system may be mounted for it here' };
  if (prefix === undefined) return { reason: 'it names no directory of a store' };
  if (channel.distribution === 'ShardedByS3Key' && host.count > 1)
    return { reason: 'its objects are dealt out by ShardedByS3Key' };
  const { bucket } = parseS3Uri(channel.uri);
  const { opening } = stores.store(bucket);
  if (!opening) return { reason: 'another process cannot open its store' };
  makeInputDirectory(options);
  const mount = await mountRemote({ opening, bucket, prefix, directory });
  if ('reason' in mount) return mount;
  if (signal?.aborted) {
    await mount.close();
    signal.throwIfAborted();
  }
  return {
    mounts: mounts ? [{ source: directory, target, readOnly: true }] : [],
    notes: [],
    objects: 0,
    bytes: 0,
    failed: mount.failed,
    close: () => mount.close(),
  };
}
