import { connect, type Socket } from 'node:net';

/** One connection that is used again and again, for one request: as little work as a client can have. */
export class KeepAliveClient {
  readonly #socket: Socket;
  readonly #request: Buffer;
  #received: Buffer = Buffer.alloc(0);
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket, request: Buffer) {
    this.#socket = socket;
    this.#request = request;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => this.#settle?.reject(new Error('The server closed the connection.')));
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
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new KeepAliveClient(socket, Buffer.from(`${head}\r\n\r\n${body}`));
  }

  /** Sends the request; resolves once its answer, which must have status 200, is there. */
  send(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(this.#request);
    });
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.toString('latin1', 0, end);
    if (!isWhole(head, this.#received.subarray(end + 4))) return;
    const text = this.#received.toString('utf8');
    this.#received = Buffer.alloc(0);
    const settle = this.#settle;
    this.#settle = undefined;
    if (head.startsWith('HTTP/1.1 200 ')) settle?.resolve();
    else settle?.reject(new Error(text));
  }
}

function isWhole(head: string, body: Buffer): boolean {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined
    ? body.subarray(-5).toString('latin1') === '0\r\n\r\n'
    : body.length >= Number(length);
}
