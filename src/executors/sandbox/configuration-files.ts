import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Files that programs read in `/etc`: users, names, the loader, time. Nothing secret. A job gets them as they are when it
 * starts, as files of its own: a mount for each would take longer than all of them, and a job may change its own.
 */
const FILES = [
  'group',
  'host.conf',
  'ld.so.cache',
  'ld.so.conf',
  'mime.types',
  'nsswitch.conf',
  'passwd',
  'pki/tls/openssl.cnf',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/openssl.cnf',
  'timezone',
];
/** Directories of few and small files. */
const DIRECTORIES = ['ld.so.conf.d'];

/** Files for bubblewrap, which reads them while it makes a sandbox. Dispose of them once it was started. */
export interface ConfigurationFiles extends Disposable {
  /** Arguments of bubblewrap. */
  readonly arguments: readonly string[];
  /** To be handed on from the first descriptor upwards. */
  readonly descriptors: readonly number[];
}

/** Opens what the machine has of them. @param firstDescriptor the number that the first one will have in bubblewrap */
export function openConfiguration(firstDescriptor: number): ConfigurationFiles {
  const opened = [...FILES, ...DIRECTORIES.flatMap(filesIn)].flatMap((name) => open(join('/etc', name)));
  return {
    arguments: opened.flatMap(({ path }, index) => {
      const descriptor = String(firstDescriptor + index);
      return ['--perms', '0644', '--file', descriptor, path];
    }),
    descriptors: opened.map(({ descriptor }) => descriptor),
    [Symbol.dispose]() {
      for (const { descriptor } of opened) closeSync(descriptor);
    },
  };
}

function open(path: string): { readonly path: string; readonly descriptor: number }[] {
  try {
    return [{ path, descriptor: openSync(path, 'r') }];
  } catch {
    return [];
  }
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(join('/etc', directory)).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
