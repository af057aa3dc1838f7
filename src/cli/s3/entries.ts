import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stores } from '../../objects/stores.ts';
import { asPrefix, type Place } from './place.ts';

/** A file or an object under a place. */
export interface Entry {
  /** Its path below the place, with slashes. */
  readonly relative: string;
  readonly place: Place;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
  readonly etag?: string;
}

/** All files or objects under a place, in the order of their bytes. */
export async function* listEntries(stores: Stores, place: Place): AsyncGenerator<Entry> {
  if (place.kind === 'local') yield* listFiles(place.path, '');
  if (place.kind !== 's3') return;
  const prefix = asPrefix(place.key);
  for await (const { key, size, lastModified, etag } of stores
    .store(place.bucket)
    .list(place.bucket, { prefix })) {
    const relative = key.slice(prefix.length);
    // A key that ends in a slash stands for a directory in consoles, and holds nothing.
    if (relative === '' || key.endsWith('/')) continue;
    yield {
      relative,
      place: { kind: 's3', bucket: place.bucket, key },
      size,
      modified: lastModified,
      ...(etag !== undefined && { etag }),
    };
  }
}

async function* listFiles(directory: string, base: string): AsyncGenerator<Entry> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map((entry) => ({
    entry,
    order: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name),
  }));
  for (const { entry } of names.sort((a, b) => Buffer.compare(a.order, b.order))) {
    const path = join(directory, entry.name);
    const relative = base + entry.name;
    if (entry.isDirectory()) yield* listFiles(path, `${relative}/`);
    else {
      const stats = await stat(path).catch(() => undefined);
      if (!stats?.isFile()) continue;
      yield {
        relative,
        place: { kind: 'local', path, directory: false },
        size: stats.size,
        modified: stats.mtime,
      };
    }
  }
}
