import type { Mount } from '../../contract/mount.ts';
import { isTextName } from '../../core/file-name.ts';
import { parseS3Uri } from '../../objects/index.ts';
import type { InputChannel } from '../channel.ts';
import { localPlace } from '../source/list-local.ts';
import type { SourceObject } from '../source/source-object.ts';

/** More single files than this are copied instead: each mount costs time and room in the kernel. */
const MOUNT_LIMIT = 128;

/** What is mounted where. */
export interface MountOptions {
  readonly channel: InputChannel;
  readonly objects: AsyncIterable<SourceObject>;
  /** Path in the job. */
  readonly target: string;
}

/** What was listed, and how it can be shown. */
export interface MountPlan {
  /** Read-only; undefined where the objects have to be copied. */
  readonly mounts: readonly Mount[] | undefined;
  /** Why they have to be, where they are files of this machine that could be shown otherwise. */
  readonly reason?: string | undefined;
  readonly objects: number;
  /** Of those whose size is known from the listing. */
  readonly bytes: number;
}

/**
 * Plans read-only mounts that show exactly these objects: of one directory where it holds these and nothing else, else
 * of single files. Keeps a bounded number of objects, whatever their number.
 */
export async function planMounts({ channel, objects, target }: MountOptions): Promise<MountPlan> {
  const kept: SourceObject[] = [];
  let whole = true;
  let base: string | undefined;
  let count = 0;
  let bytes = 0;
  for await (const object of objects) {
    base ??= baseOf(object);
    whole &&= base !== undefined && object.file === base + object.name && isBelow(channel, object);
    if (count <= MOUNT_LIMIT) kept.push(object);
    count++;
    bytes += object.size ?? 0;
  }
  const replicated = (channel.distribution ?? 'FullyReplicated') === 'FullyReplicated';
  const directory = whole && replicated && (channel.dataType ?? 'S3Prefix') === 'S3Prefix' ? base : undefined;
  const mounts =
    directory !== undefined && namesDirectory(channel)
      ? [{ source: directory.slice(0, -1), target, readOnly: true }]
      : singleMounts(kept, target);
  return { mounts, objects: count, bytes, ...(!mounts && { reason: reasonToCopy(kept, count) }) };
}

/** Undefined for objects that lie elsewhere. */
function reasonToCopy(kept: readonly SourceObject[], count: number): string | undefined {
  if (kept.some(({ file }) => file === undefined)) return undefined;
  if (kept.some(({ file = '' }) => !isTextName(file))) return 'the name of one of its files is no UTF-8';
  if (kept.length <= MOUNT_LIMIT) return 'one of its objects has the name of another, or of its directory';
  return `it has ${count} files that are not all there is in one directory, and more than ${MOUNT_LIMIT} are not shown one by one`;
}

/** The directory, with its slash, below which an object has its own name as path. */
function baseOf({ file, name }: SourceObject): string | undefined {
  return file?.endsWith(`/${name}`) ? file.slice(0, -name.length) : undefined;
}

/** A prefix that ends within a name shares its directory with other objects. */
function isBelow({ uri }: InputChannel, { key }: SourceObject): boolean {
  if (key === undefined) return true;
  const { key: prefix } = parseS3Uri(uri);
  return prefix === '' || prefix.endsWith('/') || key.startsWith(`${prefix}/`);
}

/** A local channel may name a single file. */
function namesDirectory({ name, uri }: InputChannel): boolean {
  return !uri.startsWith('file://') || localPlace(name, uri).directory;
}

function singleMounts(objects: readonly SourceObject[], target: string): Mount[] | undefined {
  if (objects.length > MOUNT_LIMIT || hasShadowed(objects)) return undefined;
  const mounts = objects.flatMap(({ name, file }) =>
    file === undefined || !isTextName(file)
      ? []
      : [{ source: file, target: `${target}/${name}`, readOnly: true }],
  );
  return mounts.length === objects.length ? mounts : undefined;
}

/** True when an object has the name of another, or of another's directory. */
function hasShadowed(objects: readonly SourceObject[]): boolean {
  const names = new Set(objects.map(({ name }) => name));
  return (
    names.size < objects.length || objects.some(({ name }) => directoriesOf(name).some((at) => names.has(at)))
  );
}

function directoriesOf(name: string): string[] {
  const components = name.split('/');
  return components.slice(1).map((_, index) => components.slice(0, index + 1).join('/'));
}
