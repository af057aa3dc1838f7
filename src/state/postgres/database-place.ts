import { type DatabaseHost, databaseHosts } from '../../core/database-url.ts';

/** A database as messages name it: its URL without the password. */
export function databasePlace(url: string): string {
  const hosts = databaseHosts(url);
  const [first] = hosts;
  if (!first) return 'postgresql:';
  const { protocol, username, pathname, searchParams } = first.parts;
  const user = searchParams.get('user') ?? username;
  return `${protocol}//${user === '' ? '' : `${user}@`}${hosts.map(nameOf).join()}${pathname}`;
}

function nameOf({ parts }: DatabaseHost): string {
  return parts.searchParams.get('host') ?? parts.host;
}
