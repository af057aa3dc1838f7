/** No file system takes a longer name, in bytes. */
const NAME_LIMIT_BYTES = 255;

/**
 * An object's place in its channel's directory, made of the part of its key after the prefix: empty components are
 * left out, as file systems do. Undefined for what can be no file: keys that end in `/`, components `.` and `..`,
 * overlong ones.
 */
export function objectName(rest: string): string | undefined {
  if (rest === '' || rest.endsWith('/') || rest.includes('\0')) return undefined;
  const components = rest.split('/').filter((component) => component !== '');
  return components.every(isFileName) ? components.join('/') : undefined;
}

function isFileName(component: string): boolean {
  return component !== '.' && component !== '..' && Buffer.byteLength(component) <= NAME_LIMIT_BYTES;
}

/**
 * The part of a key that names the file. A prefix is a raw string prefix: `…/test` matches `…/test/a` (named `a`) and
 * `…/test_small/a` (named `test_small/a`).
 */
export function afterPrefix(key: string, prefix: string): string {
  if (prefix === '' || prefix.endsWith('/')) return key.slice(prefix.length);
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  return key.slice(prefix.lastIndexOf('/') + 1);
}
