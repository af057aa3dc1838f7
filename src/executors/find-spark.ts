import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isExecutableFile } from './find-program.ts';

/** A Java that is there. */
export interface JavaInstallation {
  /** Absolute path: `JAVA_HOME`. */
  readonly home: string;
  /** `17` */
  readonly major: number;
  /** Absolute directories that have to be visible beside `/usr` and `/opt`. */
  readonly directories: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROBE_TIMEOUT_MS = 10_000;
/** Where distributions put theirs. */
const JVM_DIRECTORY = '/usr/lib/jvm';

/** The Javas of this machine, the preferred first: that of `JAVA_HOME`, those on the `PATH`, those of the distribution. */
export function findJavas(environment: Environment = process.env): JavaInstallation[] {
  const named = [environment['JAVA_HOME'] ?? '', ...onPath(environment), ...ofDistribution()];
  const homes = new Set(named.map(realHome).filter((home) => home !== undefined));
  return [...homes].flatMap((home) => describe(home) ?? []);
}

/** The Java that a major version of Spark runs with: the Hadoop of Spark 3 needs what Java 24 has no more. */
export function findJavaForSpark(spark: number): JavaInstallation | undefined {
  const [least, most] = spark >= 4 ? [17, Number.POSITIVE_INFINITY] : [8, 23];
  return findJavas().find(({ major }) => major >= least && major <= most);
}

function onPath(environment: Environment): string[] {
  return (environment['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'java'))
    .filter((program) => program.startsWith('/') && isExecutableFile(program))
    .map((program) => dirname(dirname(realpathSync(program))));
}

function ofDistribution(): string[] {
  try {
    return readdirSync(JVM_DIRECTORY).map((name) => join(JVM_DIRECTORY, name));
  } catch {
    return [];
  }
}

function realHome(home: string): string | undefined {
  if (!home.startsWith('/') || !isExecutableFile(join(home, 'bin', 'java'))) return undefined;
  return realpathSync(home);
}

function describe(home: string): JavaInstallation | undefined {
  const version = releasedVersion(home) ?? askedVersion(home);
  // Java 8 is 1.8.
  const major = /^(?:1\.)?(\d+)/.exec(version ?? '')?.[1];
  return major === undefined ? undefined : { home, major: Number(major), directories: directoriesOf(home) };
}

/** As `release` has it beside the programs, of a runtime in a kit one directory above. */
function releasedVersion(home: string): string | undefined {
  for (const directory of [home, dirname(home)]) {
    try {
      const version = /^JAVA_VERSION="([^"]+)"/m.exec(readFileSync(join(directory, 'release'), 'utf8'))?.[1];
      if (version !== undefined) return version;
    } catch {
      // Not every Java has one.
    }
  }
  return undefined;
}

function askedVersion(home: string): string | undefined {
  const options = { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS } as const;
  const { stderr } = spawnSync(join(home, 'bin', 'java'), ['-version'], options);
  return /version "([^"]+)"/.exec(stderr ?? '')?.[1];
}

/** Distributions keep the settings of their Java in `/etc`, with links to them. */
function directoriesOf(home: string): string[] {
  const settings = ['conf/security/java.security', 'lib/security/java.security']
    .map((path) => join(home, path))
    .filter((path) => existsSync(path))
    .map((path) => /^\/etc\/[^/]+/.exec(realpathSync(path))?.[0])
    .filter((directory) => directory !== undefined);
  const own = /^\/(?:usr|opt)\//.test(home) ? [] : [home];
  return [...new Set([...own, ...settings])];
}

/** The version of the PySpark in a directory of packages, or undefined where there is none. */
export function pysparkVersion(packages: string): string | undefined {
  try {
    const text = readFileSync(join(packages, 'pyspark', 'version.py'), 'utf8');
    return /__version__(?:: str)? = ["']([^"']+)["']/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
