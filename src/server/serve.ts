/**
 * The one port of all services: S3 from the embedded store, and the services beside it.
 *
 * By design: loopback only unless credentials are configured, because whoever reaches the port may read and write.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Account } from '../core/account.ts';
import { SluiceError, systemErrorCode } from '../core/errors.ts';
import type { DirectoryStore } from '../objects/directory/directory-store.ts';
import { createDoor } from './door/door.ts';
import { localHost, reachableHost } from './door/own-hosts.ts';
import { claimHomeServer } from './home-server.ts';
import { createS3Service } from './s3/s3-service.ts';
import type { Keyring } from './wire/keyring.ts';
import { PAGE_HEADERS } from './wire/page-headers.ts';

export interface ServeOptions {
  /** The home that is served: one server for each. */
  readonly home: string;
  readonly store: DirectoryStore;
  readonly account: Account;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Where given, every S3 request must be signed with one of its keys. */
  readonly keyring?: Keyring | undefined;
  /** Further names of the server. @default [] */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may use it. @default [] */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** The services beside S3. */
  readonly api?: OtherServices;
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

const CLOSE_LIMIT_MS = 10_000;
/** A connection without a byte for so long is given up. */
const IDLE_LIMIT_MS = 5 * 60_000;
/** How long the head of a request may take to come. */
const HEAD_LIMIT_MS = 30_000;
/** S3's metadata and a long key, percent-encoded, fit twice. */
const MAX_HEAD_BYTES = 32 * 1024;

/**
 * Serves a home.
 *
 * @throws SluiceError `InvalidArgument` (host, port), `HomeLocked`, `HomeReadOnly`
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  checkAddress(host, options.keyring);
  const s3 = createS3Service(options);
  const letIn = createDoor({ ...options, host });
  const server = createServer(
    {
      keepAlive: true,
      noDelay: true,
      highWaterMark: 256 * 1024,
      maxHeaderSize: MAX_HEAD_BYTES,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (!letIn(request, response)) return;
      if (!options.api?.serves(request)) return void s3(request, response);
      for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
      void options.api.handle(request, response);
    },
  );
  // An upload may take as long as its bytes keep coming.
  server.requestTimeout = 0;
  server.headersTimeout = HEAD_LIMIT_MS;
  server.keepAliveTimeout = 65_000;
  server.timeout = IDLE_LIMIT_MS;
  const claim = claimHomeServer(options.home);
  try {
    const port = await listen(server, host, options.port ?? 0);
    const url = formatUrl(localHost(host), port);
    claim.announce(url);
    return {
      url,
      publicUrl: formatUrl(reachableHost(host), port),
      port,
      close: () => closeServer(server).finally(() => claim.release()),
    };
  } catch (error) {
    server.close();
    claim.release();
    throw error;
  }
}

/** `http://[::1]:4777` */
function formatUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
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

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', (error) => fail(listenError(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      done((server.address() as AddressInfo).port);
    });
  });
}

function listenError(error: Error, host: string, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'is in use',
    EACCES: 'may not be used',
    EADDRNOTAVAIL: 'is no address of this machine',
    ENOTFOUND: 'is no address of this machine',
  };
  const reason = reasons[systemErrorCode(error) ?? ''];
  if (reason === undefined) return error;
  return new SluiceError('InvalidArgument', `${host}:${port} ${reason}.`, {
    cause: error,
    hint: 'Choose another port with --port, or 0 for a free one.',
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
    server.close(() => {
      clearTimeout(limit);
      done();
    });
    server.closeIdleConnections();
  });
}
