import { connect, createServer, type Socket } from 'node:net';

/**
 * Runs in the network of an isolated job, but outside of its sandbox: what comes at a Unix socket of this machine goes
 * to a port there. Arguments: the socket's path, the port. Ends with its stdin.
 */
const [socketPath, port] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (outer) => {
  const inner = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
  const end = (): void => {
    outer.destroy();
    inner.destroy();
  };
  for (const socket of [outer, inner] satisfies Socket[]) {
    socket.setNoDelay(true);
    socket.on('error', end);
    socket.on('close', end);
  }
  outer.pipe(inner);
  inner.pipe(outer);
});
server.on('error', () => process.exit(1));
server.listen(socketPath);
process.stdin.resume().on('close', () => process.exit());
