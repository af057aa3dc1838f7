import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTemporaryDirectory } from '../../core/temporary-directory.ts';
import { joinNetwork } from './join-network.ts';

/** How long a relay may take to end, milliseconds. */
const END_LIMIT_MS = 5_000;

/** A port of this machine that leads into the network of an isolated job. */
export interface ServedPort {
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes a loopback port lead to a port of a network namespace. Connections are refused until both ends are there.
 *
 * @param pid a process in the namespace
 * @throws the system's error when the port is taken
 */
export async function servePort(pid: number, port: number, innerPort: number): Promise<ServedPort> {
  const directory = await makeTemporaryDirectory(tmpdir(), 'sluice-relay');
  const socketPath = join(directory, 'relay');
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (outer) => relay(outer, socketPath, sockets));
  const worker = startRelay(pid, socketPath, innerPort);
  const ended = new Promise<void>((resolve) => {
    worker.once('close', () => resolve());
    worker.once('error', () => resolve());
  });
  const close = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
    worker.stdin.destroy();
    const limit = setTimeout(() => worker.kill('SIGKILL'), END_LIMIT_MS);
    await ended;
    clearTimeout(limit);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function startRelay(pid: number, socketPath: string, innerPort: number) {
  const file = fileURLToPath(new URL(`./relay-worker${extname(import.meta.url)}`, import.meta.url));
  const [program, ...parameters] = joinNetwork(pid);
  const command = [process.execPath, file, socketPath, String(innerPort)];
  const worker = spawn(program, [...parameters, ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // It is in the job's network: nothing that it may inherit, such as an inspector, is to listen there.
    env: { PATH: process.env['PATH'] },
    detached: true,
  });
  worker.stdin.on('error', () => undefined);
  return worker;
}

function relay(outer: Socket, socketPath: string, sockets: Set<Socket>): void {
  const inner = connect({ path: socketPath, allowHalfOpen: true });
  const end = (): void => {
    for (const socket of [outer, inner]) {
      socket.destroy();
      sockets.delete(socket);
    }
  };
  for (const socket of [outer, inner]) {
    sockets.add(socket);
    socket.on('error', end);
    socket.on('close', end);
  }
  outer.setNoDelay(true);
  outer.pipe(inner);
  inner.pipe(outer);
}
