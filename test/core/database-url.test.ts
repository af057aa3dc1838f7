import { expect, test } from 'vitest';
import { databaseHosts, findDatabaseUrl } from '../../src/core/database-url.ts';

test.each<[url: string, hosts: string[]]>([
  ['postgresql://me:p%40ss@a/db', ['a']],
  ['postgres://a:1/db?sslmode=require', ['a:1']],
  ['postgresql://me@/db?host=/run/postgresql', ['socket']],
  ['postgresql://me@a:1,b:2,c/db?target_session_attrs=read-write', ['a:1', 'b:2', 'c']],
  ['postgresql://%2Frun%2Fone:1,[::1]:2/db', ['%2Frun%2Fone:1', '[::1]:2']],
])('%s names its hosts in their order', (url, hosts) => {
  const found = databaseHosts(url);
  expect(found.map(({ parts }) => parts.host)).toEqual(hosts);
  for (const { parts } of found) expect(parts.pathname).toBe('/db');
});

test.each([
  'mysql://a/db',
  'postgresql:a',
  'postgresql://a:1,b:x/db',
  'postgresql://me:secret@a,,b/db',
  'postgresql://a,/db',
])('%s is refused, and nothing of it is told but its scheme', async (url) => {
  const at = { home: '/nowhere', directory: '/nowhere', environment: { DATABASE_URL: url } };
  const error = await findDatabaseUrl(at).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringMatching(/^DATABASE_URL: /) as string,
  });
  expect(JSON.stringify([String(error), error])).not.toContain('secret');
});
