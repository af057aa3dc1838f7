import { DirectoryStore } from './directory-store.ts';

/** The embedded store over a directory. Nothing is created before the first write. */
export function createDirectoryStore(root: string): DirectoryStore {
  return new DirectoryStore(root);
}
