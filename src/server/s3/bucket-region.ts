import type { DirectoryStore } from '../../objects/directory/index.ts';

/** The region in which a bucket was to be made, where its maker said so. `EU` is the old name of one. */
export function bucketRegion(store: DirectoryStore, bucket: string): string | undefined {
  const { location } = store.settings.read(bucket);
  return location === 'EU' ? 'eu-west-1' : location;
}
