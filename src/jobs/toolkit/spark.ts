import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Stores } from '../../channels/index.ts';
import { clientError } from '../../contract/failure-reason.ts';
import type { Mount } from '../../contract/mount.ts';
import { isRemote, SMSPARK_SUBMIT } from '../../contract/spark.ts';
import { quoteForShell } from '../../core/quote-for-shell.ts';
import { findJavaForSpark, findJavas, type JavaInstallation, pysparkVersion } from '../../executors/index.ts';
import { duringStage, JobFailure } from '../../hosts/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import { environmentPython, sitePackagesOf } from './environment-directory.ts';
import type { PrepareProgramOptions } from './host-program.ts';
import type { JobPython } from './job-python.ts';

/** What a job needs beside its Python to run Spark. */
export interface SparkProgram {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

/** Options of `smspark-submit` whose values are lists of files. */
const FILE_OPTIONS = new Set(['--jars', '--py-files', '--files']);
const PROGRAM = join(import.meta.dirname, '..', '..', 'toolkit', 'smspark_submit.py');
/** Where a job sees it. */
const TARGET = '/opt/sluice/smspark_submit.py';

/**
 * Brings Spark to a host in place of SageMaker's Spark image of a version: a Java, and `smspark-submit` on its PATH. Objects that the
 * command names as the application's files are brought here.
 *
 * @throws JobFailure where there is no Spark or no Java, with how to get it
 */
export async function prepareSpark(
  version: string | undefined,
  command: readonly string[],
  python: JobPython,
  options: PrepareProgramOptions,
): Promise<SparkProgram> {
  const java = expectJava(expectPyspark(python, version));
  const { mounts } = options.life.context.executor.capabilities;
  const place = join(python.directory, 'spark');
  await mkdir(place, { recursive: true });
  await writeProgram(python, mounts ? TARGET : PROGRAM);
  const shown = [{ source: PROGRAM, target: TARGET }];
  for (const directory of java.directories) shown.push({ source: directory, target: directory });
  return {
    command: await bringFiles(command, place, options),
    environment: { JAVA_HOME: java.home, SLUICE_ML: '/opt/ml', SLUICE_SPARK: place },
    mounts: mounts ? shown.map((mount) => ({ ...mount, readOnly: true })) : [],
  };
}

/** The major version of Spark that the job's Python has. @throws JobFailure where it has none */
function expectPyspark({ directory, layers, python }: JobPython, wanted = '3.5'): number {
  const places = [directory, ...layers].map((layer) => sitePackagesOf(layer, python));
  for (const path of [...places, ...python.sitePackages, ...python.packagePath]) {
    const version = pysparkVersion(path);
    if (version !== undefined) return Number.parseInt(version, 10);
  }
  const { executable } = python.installation;
  throw new JobFailure(
    clientError(
      `The job needs Spark, and the local Python ${python.fullVersion} (${executable}) has no pyspark. Install it: ${executable} -m pip install 'pyspark==${wanted}.*'`,
    ),
  );
}

/** @throws JobFailure where this machine has none that fits */
function expectJava(spark: number): JavaInstallation {
  const found = findJavaForSpark(spark);
  if (found) return found;
  const there = findJavas()
    .map(({ major, home }) => `Java ${major} (${home})`)
    .join(', ');
  throw new JobFailure(
    clientError(
      `The job needs Java 17 for Spark ${spark}, and ${there === '' ? 'no java was found' : `there is only ${there}`}. Install it (Debian, Ubuntu: apt-get install openjdk-17-jre-headless), or name its directory in JAVA_HOME.`,
    ),
  );
}

async function writeProgram({ directory }: JobPython, program: string): Promise<void> {
  const path = join(directory, 'bin', SMSPARK_SUBMIT);
  const [python, file] = [environmentPython(directory), program].map(quoteForShell);
  await writeFile(path, `#!/bin/sh\nexec ${python} ${file} "$@"\n`);
  await chmod(path, 0o755);
}

/** The command with the objects among the application's files as files. Its own arguments stay as they are. */
async function bringFiles(
  command: readonly string[],
  place: string,
  { life }: PrepareProgramOptions,
): Promise<string[]> {
  const brought = [...command];
  let at = brought.findIndex((each) => each.split('/').at(-1) === SMSPARK_SUBMIT) + 1;
  if (at === 0) return brought;
  const bring = async (uri: string) =>
    isRemote(uri)
      ? duringStage(`Failed to get '${uri}'`, () =>
          download(uri, place, life.context.stores, life.stopSignal),
        )
      : uri;
  for (; brought[at]?.startsWith('-'); at += 2) {
    const files = brought[at + 1]?.split(',') ?? [];
    if (FILE_OPTIONS.has(brought[at] as string)) {
      brought[at + 1] = (await Promise.all(files.map(bring))).join(',');
    } else if (/^(?:-v|--verbose)$|=/.test(brought[at] as string)) at--;
  }
  const application = brought[at];
  if (application !== undefined) brought[at] = await bring(application);
  return brought;
}

/** Each in a directory of its own: two may have one name. */
async function download(uri: string, place: string, stores: Stores, signal: AbortSignal): Promise<string> {
  const { bucket, key } = parseS3Uri(uri.replace(/^s3[an]:/, 's3:'));
  const store = stores.store(bucket);
  const { etag, size } = await store.head(bucket, key);
  const { body } = await store.get(bucket, key, { ifMatch: etag, size, signal });
  const directory = join(place, createHash('sha256').update(uri).digest('hex').slice(0, 16));
  await mkdir(directory, { recursive: true });
  const path = join(directory, basename(key));
  await pipeline(Readable.from(body, { objectMode: false }), createWriteStream(path), { signal });
  return path;
}
