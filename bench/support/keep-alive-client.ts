import { connect, type Socket } from 'node:net';

const STATUS_OK = 'HTTP/1.1 200 ';
const READ_BYTES = 64 * 1024;

/**
 * One connection that is used again and again for one request, whose answers all have the length of the first one: as
 * little work as a client can have, for it takes its processor time from the servers that it measures.
 */
export class KeepAliveClient {
  readonly #request: Buffer;
  readonly #socket: Socket;
  #received = 0;
  /** Bytes of an answer, head and body. */
  #answerBytes: number | undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(port: number, request: Buffer) {
    this.#request = request;
    const onread = {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => {
        this.#take(buffer as Buffer, bytes);
        return true;
      },
    };
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  /** Connects to a server of this machine. */
  static async open(port: number, path: string, body: string): Promise<KeepAliveClient> {
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Content-Type: application/json',
      'Accept: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ].join('\r\n');
    const client = new KeepAliveClient(port, Buffer.from(`${head}\r\n\r\n${body}`));
    const opened = Promise.withResolvers<void>();
    client.#settle = opened;
    client.#socket.once('connect', opened.resolve);
    await opened.promise;
    return client;
  }

  /** Sends the request; resolves once its answer, which must have status 200, is there. */
  send(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) throw new Error('The server has closed the connection.');
      this.#settle = { resolve, reject };
      this.#socket.write(this.#request);
    });
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(buffer: Buffer, bytes: number): void {
    if (this.#received === 0 && buffer.toString('latin1', 0, STATUS_OK.length) !== STATUS_OK)
      return this.#fail(new Error(buffer.toString('latin1', 0, bytes)));
    this.#answerBytes ??= answerBytes(buffer.toString('latin1', 0, bytes));
    if (this.#answerBytes === undefined)
      return this.#fail(new Error('Expected an answer with a Content-Length in its first part.'));
    this.#received += bytes;
    if (this.#received < this.#answerBytes) return;
    this.#received = 0;
    this.#settle?.resolve();
  }

  #fail(error: Error): void {
    this.#settle?.reject(error);
  }
}

/** Undefined where its head does not say how long it is. */
function answerBytes(start: string): number | undefined {
  const [head, length] = /^.*?\r\ncontent-length: *(\d+)\r\n(?:.*?\r\n)?\r\n/is.exec(start) ?? [];
  return head === undefined ? undefined : head.length + Number(length);
}
