import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import { formatS3Uri, parseS3Uri } from '../../objects/index.ts';

/** A source or a destination on the command line. */
export type Place =
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'local'; readonly path: string; readonly directory: boolean }
  | { readonly kind: 'stream' };

/** Reads `s3://bucket/key`, `-`, or a path. */
export function parsePlace(text: string): Place {
  if (text === '-') return { kind: 'stream' };
  if (text.startsWith('s3://')) return { kind: 's3', ...parseS3Uri(text) };
  const path = resolve(text);
  const directory = text.endsWith('/') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
  return { kind: 'local', path, directory };
}

/** @throws SluiceError `InvalidArgument` */
export function requireS3(text: string): { readonly bucket: string; readonly key: string } {
  const place = parsePlace(text);
  if (place.kind === 's3') return place;
  throw new SluiceError('InvalidArgument', `Expected an S3 URI such as s3://bucket/key, got '${text}'.`);
}

/** How a place is shown. */
export function formatPlace(place: Place): string {
  if (place.kind === 'stream') return '-';
  return place.kind === 's3' ? formatS3Uri(place) : place.path;
}

/** The place itself, or the one of this name in it where it is a directory or a prefix. */
export function placeOfOne(destination: Place, sourceName: string): Place {
  if (destination.kind === 's3') {
    const below = destination.key === '' || destination.key.endsWith('/');
    return below ? { ...destination, key: destination.key + basename(sourceName) } : destination;
  }
  if (destination.kind === 'local' && destination.directory) {
    return { kind: 'local', path: join(destination.path, basename(sourceName)), directory: false };
  }
  return destination;
}

/**
 * The place of a relative key under a directory or prefix.
 *
 * @throws SluiceError `InvalidArgument` when the key would leave the directory, or is no file name.
 */
export function placeBelow(destination: Place, relative: string): Place {
  if (destination.kind === 's3') return { ...destination, key: asPrefix(destination.key) + relative };
  if (destination.kind === 'stream')
    throw new SluiceError('InvalidArgument', "'-' can take one object only.");
  const components = relative.split('/');
  if (
    components.some(
      (component) => component === '' || component === '.' || component === '..' || component.includes('\0'),
    )
  ) {
    throw new SluiceError('InvalidArgument', `The key '${relative}' is no path under ${destination.path}.`);
  }
  return { kind: 'local', path: join(destination.path, ...components), directory: false };
}

/** A prefix that names a directory: empty, or with a slash at its end. */
export function asPrefix(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`;
}
