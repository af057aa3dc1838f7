import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';

/** A request as bytes go out. Texts are Latin-1. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came back: a status, or why there was none. */
export type FuzzAnswer = number | 'closed' | 'hangs';

/** As long as a server may take for a request; it is not measured, only never reached. */
const LIMIT_MS = 120_000;

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends a request, however broken it is. */
export function sendRequest(url: URL, request: FuzzRequest): Promise<{ status: FuzzAnswer; text: string }> {
  try {
    return sendWell(url, request);
  } catch {
    // Node refuses to send it.
    return sendRaw(url, request);
  }
}

function sendWell(url: URL, { method, path, headers, body }: FuzzRequest) {
  const call = httpRequest({
    agent,
    host: url.hostname,
    port: url.port,
    method,
    path,
    headers: { host: url.host, 'content-length': String(body.length), ...headers },
    timeout: LIMIT_MS,
  });
  return new Promise<{ status: FuzzAnswer; text: string }>((resolve) => {
    call.on('timeout', () => {
      resolve({ status: 'hangs', text: '' });
      call.destroy();
    });
    call.on('error', () => resolve({ status: 'closed', text: '' }));
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void (chunks.length < 20 && chunks.push(chunk)));
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 'closed', text: Buffer.concat(chunks).toString('latin1') }),
      );
    });
    call.end(body);
  });
}

function sendRaw(url: URL, { method, path, headers, body }: FuzzRequest) {
  const lines = Object.entries({ host: url.host, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n`;
  const socket = connect(Number(url.port), url.hostname);
  return new Promise<{ status: FuzzAnswer; text: string }>((resolve) => {
    let text = '';
    socket.setTimeout(LIMIT_MS, () => {
      resolve({ status: text === '' ? 'hangs' : statusOf(text), text });
      socket.destroy();
    });
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ status: statusOf(text), text }));
    socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body]));
  });
}

function statusOf(text: string): FuzzAnswer {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  return status === undefined ? 'closed' : Number(status);
}
