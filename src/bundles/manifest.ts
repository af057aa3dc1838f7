import { createHash } from 'node:crypto';

/** One file of a bundle. */
export interface BundleFile {
  /** Relative, with `/`; in UTF-8. */
  readonly path: string;
  readonly isExecutable: boolean;
  /** Bytes. */
  readonly size: number;
  /** Of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
}

/**
 * What a bundle holds, as text: for each file, in the order of the bytes of their paths, a line
 * `<644 or 755> <sha256> <path>\n`. Pure.
 */
export function manifestOf(files: readonly BundleFile[]): string {
  return inOrder(files)
    .map(({ path, isExecutable, sha256 }) => `${isExecutable ? '755' : '644'} ${sha256} ${path}\n`)
    .join('');
}

/** The digest of a bundle: of its manifest, so that how it was packed does not count. */
export function digestOf(files: readonly BundleFile[]): string {
  return `sha256:${createHash('sha256').update(manifestOf(files)).digest('hex')}`;
}

/** Files in the order of the bytes of their paths. */
export function inOrder<File extends { readonly path: string }>(files: readonly File[]): File[] {
  return files
    .map((file) => ({ file, bytes: Buffer.from(file.path) }))
    .sort((a, b) => a.bytes.compare(b.bytes))
    .map(({ file }) => file);
}

/** What is wrong with the path of a file in a bundle; undefined for a good one. */
export function pathProblem(path: string): string | undefined {
  const parts = path.split('/');
  if (path.startsWith('/')) return 'it is absolute';
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return "it has a part that is empty, '.' or '..'";
  if (!path.isWellFormed()) return 'it is no UTF-8';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it has a control character';
  if (parts.length > MOST_PARTS || Buffer.byteLength(path) > LONGEST_PATH_BYTES) return 'it is too long';
  return undefined;
}

const MOST_PARTS = 128;
const LONGEST_PATH_BYTES = 1024;
