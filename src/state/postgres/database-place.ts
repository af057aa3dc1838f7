import { parseDatabaseUrl } from '../../core/database-url.ts';

/** A database as messages name it: its URL without the password. */
export function databasePlace(url: string): string {
  const parsed = parseDatabaseUrl(url);
  if (!parsed) return 'postgresql:';
  const { protocol, username, host, pathname, searchParams } = parsed;
  const user = searchParams.get('user') ?? username;
  return `${protocol}//${user === '' ? '' : `${user}@`}${searchParams.get('host') ?? host}${pathname}`;
}
