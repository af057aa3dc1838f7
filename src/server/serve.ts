/**
 * The one port of all services: S3 from the embedded store, the services beside it, and what the server tells of itself.
 *
 * By design: loopback only unless credentials are configured, because whoever reaches the port may read and write. With
 * TLS, programs of this machine, jobs among them, have a port of loopback without it, the next one where it is free: they
 * need not know the certificate.
 */

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Account } from '../core/account.ts';
import { SluiceError } from '../core/errors.ts';
import { type CredentialsSource, claimHomeServer } from '../home/server/index.ts';
import type { DirectoryStore } from '../objects/directory/index.ts';
import type { IamGate } from './access/iam-gate.ts';
import { createDoor } from './door/door.ts';
import { localHost, reachableHost } from './door/own-hosts.ts';
import { closeServer, createHttpServer, listen, type Tls } from './http-listener.ts';
import type { AccessLog } from './operating/access-log.ts';
import type { Metric } from './operating/metric-text.ts';
import { isOwnPage, sendOwnPage } from './operating/own-pages.ts';
import { ProcessMetrics } from './operating/process-metrics.ts';
import { RequestMetrics } from './operating/request-metrics.ts';
import { watchRequest } from './operating/watch-request.ts';
import { createS3Service } from './s3/s3-service.ts';
import type { Keyring } from './wire/keyring.ts';

export interface ServeOptions {
  /** The home that is served: one server for each. */
  readonly home: string;
  readonly store: DirectoryStore;
  /** The endpoint of the store that jobs have in place of that one. @default they have that one */
  readonly objectsAt?: (() => string | undefined) | undefined;
  readonly account: Account;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Where other machines reach it: `https://a.example.com`. @default the address that it listens on */
  readonly advertise?: string | undefined;
  /** Where given, every S3 request must be signed with one of its keys. */
  readonly keyring?: Keyring | undefined;
  /** Holds requests to S3 against policies. @default they are not enforced */
  readonly gate?: IamGate | undefined;
  /** Where its keys come from: `sluice env` tells what to export. @default 'none' */
  readonly credentials?: CredentialsSource;
  /** Further names of the server. @default [] */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may use it. @default [] */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** @default none: it speaks HTTP */
  readonly tls?: Tls | undefined;
  /** The services beside S3. */
  readonly api?: OtherServices;
  /** Runs over HTTP. */
  readonly runs?: OtherServices | undefined;
  /** What it tells the other servers of its database. @default nothing */
  readonly peers?: OtherServices;
  /** @default none */
  readonly accessLog?: AccessLog | undefined;
  /** What is told beside requests and the process. @default nothing */
  readonly metrics?: () => Promise<readonly Metric[]>;
  /** Why it cannot serve now; undefined: it can. @default it can */
  readonly notReady?: () => Promise<string | undefined>;
  readonly log?: (message: string) => void;
}

/** Services that share the port with S3. */
export interface OtherServices {
  /** Whether a request is for one of them; otherwise it is for S3. */
  serves(request: IncomingMessage): boolean;
  /** Answers a request. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** A server that answers. */
export interface RunningServer {
  /** Where programs of this machine reach it: `http://127.0.0.1:4566` */
  readonly url: string;
  /** Where programs elsewhere reach it, as far as it listens there; else the same. */
  readonly publicUrl: string;
  readonly port: number;
  /** Takes no further request, lets those under way end for up to ten seconds, and gives the home back. */
  close(): Promise<void>;
}

/**
 * Serves a home.
 *
 * @throws SluiceError `InvalidArgument` (host, port, certificate), `HomeLocked`, `HomeReadOnly`
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', tls } = options;
  checkAddress(host, options.keyring);
  checkOpenness(options);
  const own = new ProcessMetrics();
  const listener = createListener({ ...options, host }, own);
  const server = createHttpServer(listener, tls);
  const local = tls && createHttpServer(listener);
  const close = async (): Promise<void> => {
    await Promise.all([server, local].map(async (each) => each?.listening && (await closeServer(each))));
    own.close();
  };
  const claim = claimHomeServer(options.home);
  try {
    const port = await listen(server, host, options.port ?? 0);
    const url = local
      ? formatUrl('127.0.0.1', await listenNear(local, port))
      : formatUrl(localHost(host), port);
    const publicUrl = options.advertise ?? formatUrl(publicName(options, host), port, tls && 'https');
    claim.announce(url, options.credentials, publicUrl);
    own.open();
    return {
      url,
      publicUrl,
      port,
      close: () => close().finally(() => claim.release()),
    };
  } catch (error) {
    await close();
    claim.release();
    throw error;
  }
}

function createListener(
  options: ServeOptions & { readonly host: string },
  own: ProcessMetrics,
): RequestListener {
  const { api, runs, peers, accessLog } = options;
  const s3 = createS3Service(options);
  const letIn = createDoor(options);
  const requests = new RequestMetrics();
  const pages = {
    notReady: options.notReady,
    metrics: async () => [...((await options.metrics?.()) ?? []), ...requests.collect(), ...own.collect()],
  };
  return (request, response) => {
    requests.begin();
    watchRequest(request, response, (finished) => {
      requests.end(finished);
      accessLog?.write(finished);
    });
    if (!letIn(request, response)) return;
    if (isOwnPage(request) && runs?.serves(request)) return void runs.handle(request, response);
    if (isOwnPage(request) && peers?.serves(request)) return void peers.handle(request, response);
    if (isOwnPage(request)) return void sendOwnPage(pages, request, response);
    if (!api?.serves(request)) return void s3(request, response);
    void api.handle(request, response);
  };
}

/** The next port, so that jobs find it again after a restart; any where that is taken. */
async function listenNear(server: Server, port: number): Promise<number> {
  const near = port < 65_535 ? port + 1 : 0;
  return listen(server, '127.0.0.1', near).catch(() => listen(server, '127.0.0.1', 0));
}

/** A certificate is for a name. */
function publicName({ tls, allowedHosts = [] }: ServeOptions, host: string): string {
  const named = tls && allowedHosts.find((name) => name !== '*');
  return named?.replace(/:\d+$/, '') ?? reachableHost(host);
}

/** `http://[::1]:4777` */
function formatUrl(host: string, port: number, scheme = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Any page of the web, or any name that leads here: then only signatures keep strangers out. */
function checkOpenness({ keyring, allowedHosts = [], allowedOrigins = [] }: ServeOptions): void {
  if (keyring || !(allowedHosts.includes('*') || allowedOrigins.includes('*'))) return;
  throw new SluiceError(
    'InvalidArgument',
    "allowedHosts and allowedOrigins: '*' lets every web page use a server that asks for no signature.",
    { hint: 'Name the hosts and origins, or add --credentials.' },
  );
}

function checkAddress(host: string, keyring: Keyring | undefined): void {
  if (keyring || /^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
  throw new SluiceError(
    'InvalidArgument',
    `--host: expected a loopback address such as 127.0.0.1, got '${host}'.`,
    {
      hint: 'To be reachable from elsewhere, add --credentials: requests must be signed with them then.',
    },
  );
}
