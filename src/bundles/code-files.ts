import { closeSync, openSync } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { interpreterFor } from '../contract/images.ts';
import { SluiceError, systemErrorCode } from '../core/errors.ts';
import { mapAtOnce } from '../core/for-each-at-once.ts';
import type { LocalScript } from '../graph/index.ts';

/** Files of a directory that are looked at at the same time. */
const LOOKED_AT_ONCE = 32;

/** A file that is sent with a job: one of this machine, or one made up. */
export interface CodeFile {
  /** Relative to the code's directory, with `/`. */
  readonly path: string;
  readonly source: string | Buffer;
  readonly mode: number;
}

/** What pip installs before a Python script runs. */
export const REQUIREMENTS_FILE = 'requirements.txt';

/** Directories of tools that no job needs. */
const IGNORED = new Set(['.git', '__pycache__', '.DS_Store']);

/** Whether a script is one for Python. */
export function isPython(script: { readonly entry: string } | undefined): boolean {
  return script !== undefined && interpreterFor(script.entry) === 'python3';
}

/**
 * The files of a script: itself with the requirements.txt beside it and those that it names, or its whole directory.
 * Links are followed.
 *
 * @throws SluiceError `ScriptNotFound`
 */
export async function listCodeFiles(script: LocalScript): Promise<CodeFile[]> {
  const entry = await expectScript(script);
  const files = script.whole
    ? await filesBelow(script.directory, '').catch(unreadable)
    : [entry, ...(await filesBeside(script))];
  for (const { source } of files) if (typeof source === 'string') expectReadable(source);
  return [...files, ...(await packageType(script, files))];
}

/** The file of a script itself. @throws SluiceError `ScriptNotFound` */
export async function expectScript(script: LocalScript): Promise<CodeFile> {
  return codeFile(script.directory, script.entry).catch((cause: unknown) => notFound(script, cause));
}

/** One after the other: a large directory must not need a descriptor for each of its files. */
function expectReadable(path: string): void {
  try {
    closeSync(openSync(path, 'r'));
  } catch (error) {
    unreadable(error);
  }
}

function unreadable(cause: unknown): never {
  if (systemErrorCode(cause) !== 'EACCES') throw cause;
  const { path } = cause as NodeJS.ErrnoException;
  throw new SluiceError('ScriptNotFound', `'${path}' belongs to the job's code and cannot be read.`, {
    cause,
    hint: 'Give this user the right to read it, or keep it out of sourceDir.',
  });
}

/** A script that is sent alone still brings what it needs. */
async function filesBeside(script: LocalScript): Promise<CodeFile[]> {
  const { directory, entry, others = [] } = script;
  const required = isPython(script)
    ? await codeFile(directory, REQUIREMENTS_FILE).catch(() => undefined)
    : undefined;
  const files = required ? [required] : [];
  for (const path of others) files.push(...(await otherFiles(script, path)));
  return [...new Map(files.map((file) => [file.path, file])).values()].filter(({ path }) => path !== entry);
}

async function otherFiles(script: LocalScript, path: string): Promise<CodeFile[]> {
  const { directory } = script;
  const facts = await stat(join(directory, path)).catch((cause: unknown) =>
    notFound({ ...script, entry: path }, cause),
  );
  return facts.isDirectory() ? filesBelow(directory, path) : [await codeFile(directory, path)];
}

async function codeFile(directory: string, path: string): Promise<CodeFile> {
  const source = join(directory, path);
  const facts = await stat(source);
  if (!facts.isFile()) throw new SluiceError('ScriptNotFound', `Script '${source}' is not a file.`);
  return { path, source, mode: facts.mode & 0o777 };
}

function notFound(script: LocalScript, cause: unknown): never {
  if (cause instanceof SluiceError) throw cause;
  const path = join(script.directory, script.entry);
  const reason = systemErrorCode(cause) === 'EACCES' ? 'cannot be read' : 'does not exist';
  throw new SluiceError('ScriptNotFound', `Script '${path}' ${reason}.`, {
    cause,
    hint: 'script is relative to sourceDir, or to the file that defines the task where there is no sourceDir.',
  });
}

async function filesBelow(root: string, below: string): Promise<CodeFile[]> {
  const names = (await readdir(join(root, below))).filter((name) => !IGNORED.has(name)).sort();
  const found = await mapAtOnce(names, LOOKED_AT_ONCE, async (name) => {
    const path = below === '' ? name : `${below}/${name}`;
    const facts = await stat(join(root, path)).catch(() => lstat(join(root, path)));
    if (facts.isFile()) return [{ path, source: join(root, path), mode: facts.mode & 0o777 }];
    // A link to a directory could lead back to itself.
    return (await lstat(join(root, path))).isDirectory() ? filesBelow(root, path) : [];
  });
  return found.flat();
}

/**
 * A Node script of a package of modules says so, since its package.json stays behind. `commonjs`, which `npm init`
 * writes, is left out: without it Node tells either kind by its syntax.
 */
async function packageType(script: LocalScript, files: readonly CodeFile[]): Promise<CodeFile[]> {
  if (interpreterFor(script.entry) !== 'node' || files.some((file) => file.path === 'package.json'))
    return [];
  for (let directory = script.directory; ; directory = dirname(directory)) {
    const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return typeOnly(text);
    if (dirname(directory) === directory) return [];
  }
}

function typeOnly(text: string): CodeFile[] {
  try {
    const { type } = JSON.parse(text) as { type?: unknown };
    if (type !== 'module') return [];
    return [{ path: 'package.json', source: Buffer.from(JSON.stringify({ type })), mode: 0o644 }];
  } catch {
    return [];
  }
}
