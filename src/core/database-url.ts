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

/** One of the hosts that a database's URL names. */
export interface DatabaseHost {
  /** The URL of the database on this host alone. */
  readonly url: string;
  /** Its parts. The host is `socket` where there is only a directory. */
  readonly parts: URL;
}

/**
 * The hosts that a database's URL names, in their order: `postgresql://me@a:5432,b:5432/db`, as libpq has it. None where
 * it is no URL of a database.
 *
 * @see https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export function databaseHosts(url: string): DatabaseHost[] {
  const [, before, hosts = '', after] = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(url) ?? [];
  if (before === undefined) return [];
  const all = hosts
    .split(',')
    .map((host) => readHost(`${before}${host}${after}`, hosts !== '' && host === ''));
  return all.every((host) => host !== undefined) ? all : [];
}

function readHost(url: string, isMissing: boolean): DatabaseHost | undefined {
  // As in `postgresql://me@/db?host=/run/postgresql`.
  const parts = URL.parse(url) ?? URL.parse(url.replace('@/', '@socket/'));
  return parts && !isMissing ? { url, parts } : undefined;
}

function isDatabaseUrl(url: string): boolean {
  return databaseHosts(url).length > 0;
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
