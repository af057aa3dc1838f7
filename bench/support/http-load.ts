import { connect, type Socket } from 'node:net';

/** What a load came to. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

/** How to load a server. */
export interface LoadOptions {
  readonly url: string;
  /** The operation of SageMaker. */
  readonly operation: string;
  /** The body of the n-th request. */
  readonly body: (index: number) => object;
  /** Requests under way at once. */
  readonly connections: number;
  readonly seconds: number;
  /** At most so many. */
  readonly requests?: number;
  /** Milliseconds between one request and the next of a connection. @default 0 */
  readonly pauseMs?: number;
}

/**
 * Sends requests over plain sockets: the same few instructions for every server, so that what is measured is the server.
 * A server that closes its connections is connected to anew.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  const started = performance.now();
  const until = started + options.seconds * 1000;
  let next = 0;
  const worker = async (): Promise<void> => {
    const connection = new Connection(options.url);
    while (performance.now() < until && next < (options.requests ?? Number.POSITIVE_INFINITY)) {
      const request = message(options, next++);
      const sent = performance.now();
      await connection.send(request);
      latencies.push(performance.now() - sent);
      if (options.pauseMs) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0;
  return {
    requestsPerSecond: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    requests: latencies.length,
  };
}

function message({ url, operation, body }: LoadOptions, index: number): string {
  const text = JSON.stringify(body(index));
  const head = [
    'POST / HTTP/1.1',
    `Host: ${new URL(url).host}`,
    'Content-Type: application/x-amz-json-1.1',
    `X-Amz-Target: SageMaker.${operation}`,
    'Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}

/** One connection, one request at a time. */
class Connection {
  readonly #url: URL;
  #socket: Socket | undefined;
  #received = '';
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  send(request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket ??= this.#connect();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    return socket;
  }

  #receive(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const answer = this.#received;
    this.#received = '';
    if (/^HTTP\/1\.0|connection: close/im.test(head)) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    if (/^HTTP\/1\.\d 200/.test(answer)) this.#settle?.resolve();
    else this.#settle?.reject(new Error(answer));
  }
}
