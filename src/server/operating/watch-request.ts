import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { factsOf, type RequestFacts } from '../wire/request-facts.ts';

/** A request that is over. */
export interface FinishedRequest {
  readonly request: IncomingMessage;
  readonly facts: RequestFacts;
  /** 499 where the client has gone before it had an answer. */
  readonly status: number;
  readonly seconds: number;
  /** Both with heads. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

interface Marks {
  read: number;
  written: number;
}

/** What each connection had carried at the end of its last request. */
const carried = new WeakMap<Socket, Marks>();

/** Tells of a request once it is over. */
export function watchRequest(
  request: IncomingMessage,
  response: ServerResponse,
  onEnd: (finished: FinishedRequest) => void,
): void {
  const start = performance.now();
  const { socket } = request;
  response.once('close', () => {
    const before = carried.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    carried.set(socket, now);
    onEnd({
      request,
      facts: factsOf(request),
      status: response.headersSent ? response.statusCode : 499,
      seconds: (performance.now() - start) / 1000,
      bytesReceived: now.read - before.read,
      bytesSent: now.written - before.written,
    });
  });
}
