import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** The longest head of an answer, in bytes. */
const HEAD_BYTES = 16 * 1024;
/** Servers close what is idle for 5 seconds and more. */
const KEEP_MS = 4_000;

/** Who reads from a socket while it answers a request. */
export interface SocketReader {
  /** Memory for the next bytes. */
  room(): Buffer;
  /** So many bytes came into it; false holds further ones back. */
  take(bytes: number): boolean;
  /** The socket is gone. */
  fail(error: Error): void;
}

/** A connection that can be used again and again; it reads straight into its reader's memory. */
export class PooledSocket {
  readonly socket: Socket;
  /** Memory for heads, of this socket alone. */
  readonly head: Buffer = Buffer.allocUnsafeSlow(HEAD_BYTES);
  /** Whether it has answered a request before. */
  used = false;
  reader: SocketReader | undefined;
  timer: NodeJS.Timeout | undefined;
  #error: Error | undefined;

  constructor(origin: URL) {
    const host = origin.hostname.replace(/^\[(.*)\]$/, '$1');
    const secure = origin.protocol === 'https:';
    const options: TcpNetConnectOpts = {
      host,
      port: Number(origin.port || (secure ? 443 : 80)),
      noDelay: true,
      onread: {
        buffer: () => this.reader?.room() ?? this.head,
        callback: (bytes) => this.#take(bytes),
      },
    };
    this.socket = secure ? connectSecurely({ ...options, servername: host }) : connect(options);
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('end', () => this.socket.destroy());
    this.socket.on('close', () => {
      clearTimeout(this.timer);
      this.reader?.fail(this.#error ?? new Error('the connection was closed before the end of the answer'));
    });
  }

  #take(bytes: number): boolean {
    if (this.reader) return this.reader.take(bytes);
    // Nobody asked for it: it could be taken for the beginning of the next answer.
    this.socket.destroy();
    return false;
  }
}

/** The connections of one store. */
export class SocketPool {
  readonly #idle = new Map<string, PooledSocket[]>();
  readonly #all = new Set<PooledSocket>();

  /** One that waits, or a new one. */
  take(origin: string): PooledSocket {
    for (let waiting = this.#idle.get(origin)?.pop(); waiting; waiting = this.#idle.get(origin)?.pop()) {
      clearTimeout(waiting.timer);
      if (!waiting.socket.destroyed) return waiting;
    }
    const pooled = new PooledSocket(new URL(origin));
    this.#all.add(pooled);
    pooled.socket.once('close', () => this.#all.delete(pooled));
    return pooled;
  }

  /** Keeps one for the next request, for a while. */
  give(origin: string, pooled: PooledSocket): void {
    const idle = this.#idle.get(origin) ?? [];
    this.#idle.set(origin, idle);
    idle.push(pooled);
    pooled.timer = setTimeout(() => pooled.socket.destroy(), KEEP_MS).unref();
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }
}
