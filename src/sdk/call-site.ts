import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';
import { isUri } from '../graph/index.ts';

/** Where a user's file calls the SDK. */
export interface CallSite {
  /** Absolute path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The directory of `file`. */
  readonly directory: string;
}

/** The nearest caller outside the SDK; the working directory stands in where the stack tells no file. */
export function callSite(): CallSite {
  for (const { scriptName, lineNumber } of getCallSites(20)) {
    const file = scriptName.startsWith('file:') ? fileURLToPath(scriptName) : scriptName;
    if (!file.startsWith('/') && !/^[a-zA-Z]:[\\/]/.test(file)) continue;
    if (dirname(file) === import.meta.dirname) continue;
    return { file, line: lineNumber, directory: dirname(file) };
  }
  return { file: resolve('unknown'), line: 0, directory: process.cwd() };
}

/** `path:line`, for messages. */
export function formatCallSite({ file, line }: CallSite): string {
  return `${file}:${line}`;
}

/** A URI as it is; a path, relative to a directory, as `file://…`. */
export function toUri(place: string, directory: string): string {
  if (isUri(place)) return place;
  const slash = place.endsWith('/') ? '/' : '';
  return pathToFileURL(resolve(directory, place)).href + slash;
}
