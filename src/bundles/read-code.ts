import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { SluiceError } from '../core/errors.ts';
import { mapAtOnce } from '../core/for-each-at-once.ts';
import type { CodeFile } from './code-files.ts';
import { type BundleFile, inOrder, pathProblem } from './manifest.ts';

/** Files up to this size are kept while the bundle is made; larger ones are read twice. Bytes. */
const KEPT_BYTES = 1 << 20;
const READ_AT_ONCE = 8;

/** A file with where its bytes are. */
export interface SourceFile extends BundleFile {
  /** The bytes, or the path of a file that holds them. */
  readonly source: Buffer | string;
}

/** Reads code for a bundle, in the order of its manifest. @throws SluiceError `BundleInvalid` for a path that none may have */
export async function readCode(code: readonly CodeFile[]): Promise<SourceFile[]> {
  for (const { path } of code) expectPath(path);
  return inOrder(await mapAtOnce(code, READ_AT_ONCE, readFileOf));
}

function expectPath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  throw new SluiceError(
    'BundleInvalid',
    `'${path}' cannot be sent as code: the name of the file: ${problem}.`,
    {
      hint: 'Rename it, or keep it out of sourceDir.',
    },
  );
}

async function readFileOf({ path, source, mode }: CodeFile): Promise<SourceFile> {
  const isExecutable = (mode & 0o100) !== 0;
  if (typeof source !== 'string' || (await stat(source)).size <= KEPT_BYTES) {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, isExecutable, size: bytes.length, sha256, source: bytes };
  }
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of createReadStream(source) as AsyncIterable<Buffer>) {
    hash.update(piece);
    size += piece.length;
  }
  return { path, isExecutable, size, sha256: hash.digest('hex'), source };
}
