/** The sockets of a server: HTTP, or HTTPS with HTTP for this machine's own programs beside it. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errorMessage, SluiceError, systemErrorCode } from '../core/errors.ts';

/** A certificate with its key, PEM. */
export interface Tls {
  readonly certificate: Buffer;
  readonly key: Buffer;
}

const CLOSE_LIMIT_MS = 10_000;
/** A connection without a byte for so long is given up. */
const IDLE_LIMIT_MS = 5 * 60_000;
/** The largest upload over a slow line, as long as its bytes keep coming. */
const REQUEST_LIMIT_MS = 12 * 60 * 60_000;
/** How long the head of a request may take to come. */
const HEAD_LIMIT_MS = 30_000;
/** S3's metadata and a long key, percent-encoded, fit twice. */
const MAX_HEAD_BYTES = 32 * 1024;

const OPTIONS: ServerOptions = {
  keepAlive: true,
  noDelay: true,
  highWaterMark: 128 * 1024,
  maxHeaderSize: MAX_HEAD_BYTES,
  // What another server might read as two requests is refused.
  insecureHTTPParser: false,
};

/** A server that does not listen yet. @throws SluiceError `InvalidArgument` where the certificate is none */
export function createHttpServer(listener: RequestListener, tls?: Tls): Server {
  const server = tls ? createSecure(listener, tls) : createServer(OPTIONS, listener);
  server.requestTimeout = REQUEST_LIMIT_MS;
  server.headersTimeout = HEAD_LIMIT_MS;
  server.keepAliveTimeout = 65_000;
  server.timeout = IDLE_LIMIT_MS;
  return server;
}

function createSecure(listener: RequestListener, { certificate, key }: Tls): Server {
  try {
    return createTlsServer({ ...OPTIONS, cert: certificate, key, minVersion: 'TLSv1.2' }, listener);
  } catch (error) {
    // The message may not show what the file of the key holds.
    const code = systemErrorCode(error) ?? errorMessage(error).slice(0, 100);
    throw new SluiceError('InvalidArgument', `The certificate and its key cannot be used: ${code}.`, {
      hint: 'Both are files of PEM, and belong together: server.tls.certificate and server.tls.key.',
    });
  }
}

/**
 * Listens.
 *
 * @returns the port
 * @throws SluiceError `InvalidArgument`
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, fail) => {
    const refuse = (error: Error): void => fail(listenError(error, host, port));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
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

/** Takes no further request, and lets those under way end for up to ten seconds. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
    server.close(() => {
      clearTimeout(limit);
      done();
    });
    server.closeIdleConnections();
  });
}
