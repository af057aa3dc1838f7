import type { PropertyFile } from '../graph/index.ts';
import { mapValues } from './graph-builder.ts';
import type { Reference } from './references.ts';
import type { PropertyFileOf } from './variables.ts';

/** JSON files of a job by the names of the outputs that they become. */
export type PropertyFiles = Readonly<Record<string, PropertyFileOf<unknown>>>;

/** References to what the files of {@link PropertyFiles} hold. */
export type FileReferences<Files> = {
  readonly [Name in keyof Files]: Files[Name] extends PropertyFileOf<infer Value>
    ? Reference<'json', Value>
    : never;
};

/** The files as a graph has them. */
export function readPropertyFiles(files: PropertyFiles | undefined): Record<string, PropertyFile> {
  return mapValues(files ?? {}, ({ outputName, path }) => ({ outputName, path }));
}
