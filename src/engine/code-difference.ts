import type { Bundle } from '../graph/index.ts';

/** Finds the files of bundles. */
export interface BundleFinder {
  find(bundle: Bundle): Promise<{
    readonly files: readonly {
      readonly path: string;
      readonly isExecutable: boolean;
      readonly sha256: string;
    }[];
  }>;
}

/** The code of a task. */
export interface OwnCode {
  readonly entry: string;
  readonly bundle: Bundle;
  /** Of a function: the digest of its own text. */
  readonly source?: string;
}

/** How the code of a task differs. */
export interface CodeChange {
  readonly changes: readonly string[];
  /** The script or the function itself is among it. */
  readonly isOwn: boolean;
}

/** How the code of a task differs, file by file; undefined where it does not, or where one of them is not known. */
export async function codeChange(
  before: OwnCode | undefined,
  after: OwnCode | undefined,
  bundles: BundleFinder | undefined,
): Promise<CodeChange | undefined> {
  if (!before || !after || before.bundle.digest === after.bundle.digest) return undefined;
  const files = await changedFiles(before.bundle, after.bundle, bundles);
  if (before.source !== undefined && after.source !== undefined) return functionChange(before, after, files);
  if (!files) return { changes: ['its code changed'], isOwn: true };
  return { changes: files.map(({ path, how }) => `${path} ${how}`), isOwn: files.some(isEntry(after)) };
}

/** A module holds many functions: only what a function says itself is its own. */
function functionChange(
  before: OwnCode,
  after: OwnCode,
  files: readonly ChangedFile[] | undefined,
): CodeChange | undefined {
  const isOwn = before.source !== after.source;
  const others = (files ?? []).filter((file) => !isEntry(after)(file));
  const changes = others.map(({ path, how }) => `${path} ${how}`);
  if (isOwn) return { changes: [`its function in ${after.entry} changed`, ...changes], isOwn };
  return changes.length === 0 ? undefined : { changes, isOwn };
}

interface ChangedFile {
  readonly path: string;
  readonly how: 'changed' | 'added' | 'removed';
}

function isEntry({ entry }: OwnCode): (file: ChangedFile) => boolean {
  return ({ path }) => path === entry;
}

async function changedFiles(
  before: Bundle,
  after: Bundle,
  bundles: BundleFinder | undefined,
): Promise<ChangedFile[] | undefined> {
  if (!bundles) return undefined;
  const found = await Promise.all([bundles.find(before), bundles.find(after)]).catch(() => undefined);
  if (!found) return undefined;
  const [old, now] = found.map(({ files }) => new Map(files.map((file) => [file.path, file])));
  const paths = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
  return paths.flatMap((path): ChangedFile[] => {
    const [a, b] = [old?.get(path), now?.get(path)];
    if (!a || !b) return [{ path, how: a ? 'removed' : 'added' }];
    return a.sha256 === b.sha256 && a.isExecutable === b.isExecutable ? [] : [{ path, how: 'changed' }];
  });
}
