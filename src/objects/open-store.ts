import type { ObjectStore, StoreOpening } from './store.ts';

/** Opens, in this process, the store that another one has. */
export async function openStore(opening: StoreOpening): Promise<ObjectStore> {
  if (opening.kind === 's3') {
    return (await import('./s3/create-s3-store.ts')).createS3Store(opening.options);
  }
  return (await import('./directory/create-directory-store.ts')).createDirectoryStore(opening.root);
}
