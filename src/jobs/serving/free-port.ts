import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports given out by this process and not yet given back, so that two servers that start at once never share one. */
const given = new Set<number>();

/** A loopback port that nothing listens on. Give it back with {@link releasePort}. */
export async function takeFreePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/** Gives a port back. */
export function releasePort(port: number): void {
  given.delete(port);
}
