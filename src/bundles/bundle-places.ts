/** Where bundles are kept in the default bucket. */
export const BUNDLES_PREFIX = 'sluice-bundles/';

/** The archive of a bundle, under the name that a framework's container asks for. */
export const BUNDLE_ARCHIVE = 'sourcedir.tar.gz';

/** An empty object beside the archive: its time is when the bundle was last of use. */
export const LAST_USED = 'last-used';

/** The prefix of a bundle's objects: `sluice-bundles/sha256/<digits>/`. */
export function bundlePrefix(digest: string): string {
  return `${BUNDLES_PREFIX}${digest.replace(':', '/')}/`;
}

/** The digest of the bundle whose objects have this key; undefined for another object. */
export function digestOfKey(key: string): string | undefined {
  const digits = /^sluice-bundles\/sha256\/([0-9a-f]{64})\//.exec(key)?.[1];
  return digits && `sha256:${digits}`;
}

/** The digest of the bundle whose archive has this key; undefined for another object. */
export function digestOfArchive(key: string): string | undefined {
  return key.endsWith(`/${BUNDLE_ARCHIVE}`) ? digestOfKey(key) : undefined;
}
