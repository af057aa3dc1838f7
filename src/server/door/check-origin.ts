import type { IncomingMessage } from 'node:http';
import { show } from '../wire/show.ts';
import { DoorError } from './door-error.ts';

type Head = Pick<IncomingMessage, 'method' | 'headers'>;

/**
 * Refuses what a page of somebody else's has a browser send. Browsers say where a request comes from, in Origin and in
 * Sec-Fetch-Site; other clients send neither.
 *
 * By design: following a link to an object is allowed, as on S3: the page that links it sees nothing of the answer.
 *
 * @returns the origin, where it is one of the allowed ones
 * @throws DoorError
 * @see https://web.dev/articles/fetch-metadata
 */
export function checkOrigin(request: Head, allowedOrigins: ReadonlySet<string>): string | undefined {
  const { origin, host = '', 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) {
    if (allowedOrigins.has(origin) || allowedOrigins.has('*')) return origin;
    if (!isSameOrigin(origin, host)) throw refusal(`the origin ${show(origin)}`);
  }
  if (site === undefined || site === 'same-origin' || site === 'none' || isFollowedLink(request))
    return undefined;
  throw refusal('another site');
}

/** The scheme does not count: a proxy may have taken TLS off. */
function isSameOrigin(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === from;
}

function isFollowedLink({ method, headers }: Head): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

function refusal(from: string): DoorError {
  return new DoorError(
    `A web page of ${from} may not use this server. Where it should, name its origin in server.allowedOrigins of the configuration, or with --allowed-origin.`,
  );
}

/** The headers that let a page of an allowed origin read an answer. */
export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': '*',
    vary: 'Origin',
  };
}

/** The answer to the question that a browser asks before a page's request; undefined for any other request. */
export function preflightHeaders({ method, headers }: Head): Record<string, string> | undefined {
  const asked = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || asked === undefined) return undefined;
  const names = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
    ...(names !== undefined && { 'access-control-allow-headers': names }),
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true',
    }),
    'access-control-max-age': '600',
  };
}
