import { readFile } from 'node:fs/promises';
import { type ConfigurationSource, configurationSources } from './configuration-files.ts';
import { SluiceError } from './errors.ts';

/** Where a database's URL is looked for. */
export interface DatabaseUrlPlaces {
  readonly home: string;
  /** The working directory. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The URL of the database: `DATABASE_URL`, else `database` of the files of the configuration.
 * Undefined where none of them says so: then the home has its own. An empty one is none.
 *
 * @throws SluiceError `InvalidArgument`, `ConfigInvalid`, `ConfigUntrusted`; what is in the URL is not in the message
 */
export async function findDatabaseUrl(places: DatabaseUrlPlaces): Promise<string | undefined> {
  const fromEnvironment = places.environment['DATABASE_URL'];
  if (fromEnvironment) {
    if (isDatabaseUrl(fromEnvironment)) return fromEnvironment;
    throw new SluiceError('InvalidArgument', `DATABASE_URL: ${expected(fromEnvironment)}`, {
      hint: 'Correct it, or unset it: then the home has a database of its own.',
    });
  }
  for (const source of configurationSources(places)) {
    const url = await readUrl(places.home, source);
    if (url === undefined) continue;
    if (isDatabaseUrl(url)) return url;
    throw new SluiceError('ConfigInvalid', `${source.path}: database: ${expected(url)}`, {
      hint: 'Correct the file.',
    });
  }
  return undefined;
}

/** The parts of a database's URL; undefined where it is none. Its host is `socket` where it has only a directory. */
export function parseDatabaseUrl(url: string): URL | undefined {
  if (!/^postgres(?:ql)?:\/\//.test(url)) return undefined;
  // As in `postgresql://me@/db?host=/run/postgresql`.
  return URL.parse(url) ?? URL.parse(url.replace('@/', '@socket/')) ?? undefined;
}

function isDatabaseUrl(url: string): boolean {
  return parseDatabaseUrl(url) !== undefined;
}

/** A file is parsed only where it may name a database: most do not, and to list runs is to be quick. */
async function readUrl(home: string, source: ConfigurationSource): Promise<string | undefined> {
  const text = await readFile(source.path, 'utf8').catch(() => '');
  if (!text.includes('database')) return undefined;
  const [{ openConfiguration }, { requireTrust }] = await Promise.all([
    import('./open-configuration.ts'),
    import('./require-trust.ts'),
  ]);
  const file = await openConfiguration(source);
  if (!file?.content.database) return undefined;
  requireTrust(home, file, ([section]) => section === 'database');
  return file.content.database;
}

/** Without what may be a password. */
function expected(url: string): string {
  const scheme = /^[a-z][a-z\d+.-]*:/i.exec(url)?.[0];
  const what = /^postgres(?:ql)?:$/.test(scheme ?? '')
    ? 'one that is no valid URL'
    : (scheme ?? 'something without a scheme');
  return `expected postgresql://user:password@host:port/database; got ${what}. Characters such as @, / and % in a password are written as %40, %2F and %25.`;
}
