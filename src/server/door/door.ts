/** Who may talk to the server at all: requests that are for it by name, and not sent by somebody else's web page. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { factsOf } from '../wire/request-facts.ts';
import { show } from '../wire/show.ts';
import { checkOrigin, corsHeaders, preflightHeaders } from './check-origin.ts';
import { DoorError } from './door-error.ts';
import { type HostMatch, OwnHosts } from './own-hosts.ts';
import { refuse } from './refuse.ts';

/** What the server was told to be. */
export interface DoorOptions {
  /** The address that it listens on. */
  readonly host: string;
  /** Further names of it; `*` is any. @default [] */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may use it: `https://notebook.example.com`; `*` is any. @default [] */
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly log?: ((message: string) => void) | undefined;
}

/** Lets a request in. True: a service is to answer it. False: it has been answered. */
export type Door = (request: IncomingMessage, response: ServerResponse) => boolean;

/** How many hosts that were refused are told of. */
const MAX_TOLD = 20;

/** Makes the door of a server. */
export function createDoor(options: DoorOptions): Door {
  const hosts = new OwnHosts({ host: options.host, allowedHosts: options.allowedHosts ?? [] });
  const origins = new Set(options.allowedOrigins);
  const told = new Set<string>();
  const tell = (host: string): void => {
    if (told.size >= MAX_TOLD || told.has(host)) return;
    told.add(host);
    options.log?.(`Refused a request for the host ${show(host)}: see --allowed-host.`);
  };
  return (request, response) => {
    try {
      takeHost(request, hosts, tell);
      const origin = checkOrigin(request, origins);
      if (origin === undefined) return true;
      for (const [name, value] of Object.entries(corsHeaders(origin))) response.setHeader(name, value);
      const preflight = preflightHeaders(request);
      if (preflight) response.writeHead(204, preflight).end();
      return !preflight;
    } catch (error) {
      if (!(error instanceof DoorError)) throw error;
      refuse(request, response, error);
      return false;
    }
  };
}

/** Holds the request's host against the server's, and keeps the bucket that its name has. @throws DoorError */
function takeHost(request: IncomingMessage, hosts: OwnHosts, tell: (host: string) => void): void {
  const { url = '/', rawHeaders } = request;
  // Node gives the first of several.
  if (countHosts(rawHeaders) > 1) throw new DoorError('The request has more than one Host header.', 400);
  const match = checkHost(request.headers.host ?? '', hosts, tell);
  if (url.startsWith('/')) factsOf(request).virtualBucket = match.bucket;
  else takeWholeUrl(request, hosts, tell);
}

/** @param rawHeaders names and values by turns */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

/**
 * A client that takes the server for its proxy sends whole URLs. Its host counts, whatever Host says, also for what is
 * signed: else a signature for one name would hold for what another name stands for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
function takeWholeUrl(request: IncomingMessage, hosts: OwnHosts, tell: (host: string) => void): void {
  const [, authority = '', rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? [];
  if (authority === '') throw new DoorError("The request's target is neither a path nor a URL.", 400);
  factsOf(request).virtualBucket = checkHost(authority, hosts, tell).bucket;
  request.headers.host = authority;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}

function checkHost(host: string, hosts: OwnHosts, tell: (host: string) => void): HostMatch {
  const match = hosts.match(host);
  if (match) return match;
  tell(host);
  throw new DoorError(
    `This server does not go by the name ${show(host)}. Where it should, name it in server.allowedHosts of the configuration, or with --allowed-host.`,
  );
}
