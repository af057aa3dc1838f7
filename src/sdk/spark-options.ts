import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { isRemote } from '../contract/spark.ts';
import { SluiceError } from '../core/errors.ts';
import type { SparkApplication } from '../graph/index.ts';
import { expectOptions } from './expect-options.ts';

const FILES = ['jars', 'pyFiles', 'files'] as const;

/** The names of all options of {@link SparkApplication}; the compiler finds one that is missing here. */
const sparkOptions = Object.keys({
  className: 0,
  jars: 0,
  pyFiles: 0,
  files: 0,
  conf: 0,
} satisfies Record<keyof SparkApplication, 0>);

/** Where an application's files are looked for. */
interface SparkPlace {
  /** For messages. */
  readonly owner: string;
  readonly script?: string | undefined;
  readonly sourceDir?: string | undefined;
  /** The directory of the file that defines the task. */
  readonly base: string;
}

/**
 * What a task says of Spark, with its files as paths in the code that is sent.
 *
 * @throws SluiceError `GraphInvalid` for an option that nobody knows, and a file that cannot be sent
 */
export function readSpark(spark: SparkApplication, place: SparkPlace): SparkApplication {
  expectOptions(`${place.owner}: spark`, spark, sparkOptions);
  const files = FILES.filter((name) => spark[name] !== undefined).map((name) => [
    name,
    (spark[name] ?? []).map((path) => (isRemote(path) ? path : pathInCode(name, path, place))),
  ]);
  return { ...spark, ...(Object.fromEntries(files) as SparkApplication) };
}

/** The files of an application that travel with its script. */
export function filesOfSpark(spark: SparkApplication | undefined): string[] {
  return FILES.flatMap((name) => spark?.[name] ?? []).filter((path) => !isRemote(path));
}

function pathInCode(
  field: string,
  path: string,
  { owner, script = '', sourceDir, base }: SparkPlace,
): string {
  const root = sourceDir === undefined ? dirname(resolve(base, script)) : resolve(base, sourceDir);
  const found = relative(root, resolve(sourceDir === undefined ? base : root, path));
  if (found !== '' && !found.startsWith('..') && !isAbsolute(found)) return found;
  throw new SluiceError('GraphInvalid', `${owner}: spark.${field}: '${path}' does not lie in '${root}'.`, {
    hint: 'Put it beside the script, name a sourceDir that holds both, or give its s3:// place.',
  });
}
