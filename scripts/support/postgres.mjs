// A PostgreSQL server of its own, for tests and benchmarks: real, durable as in production, and gone afterwards.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const OLDEST = 15;

/** The directory of PostgreSQL's programs; undefined where there are none. */
export function postgresPrograms() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const newest = Math.max(...versions.filter((version) => version >= OLDEST));
  if (Number.isFinite(newest)) return join(debian, String(newest), 'bin');
  const { stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const directory = stdout?.trim();
  return directory && existsSync(join(directory, 'initdb')) ? directory : undefined;
}

/**
 * Starts a server in a temporary directory, as an ordinary user, on a socket and on 127.0.0.1.
 *
 * @returns `url` of its superuser over the socket and `tcpUrl` with a password, without a database's name at the end;
 *   `stop` ends the server and removes everything
 */
export async function startPostgres() {
  const programs = postgresPrograms();
  if (!programs) throw new Error('PostgreSQL 15 or newer is needed: apt-get install postgresql');
  // Not TMPDIR: an ordinary user may not get there, and the path of a socket has 107 bytes at most.
  const directory = mkdtempSync('/tmp/sluice-postgres-');
  const data = join(directory, 'data');
  const password = randomBytes(12).toString('hex');
  const user = ordinaryUser();
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(directory, 'password'), password);
  if (user)
    for (const path of [directory, data, join(directory, 'password')]) chownSync(path, user.uid, user.gid);
  const as = { cwd: directory, ...(user && { uid: user.uid, gid: user.gid }) };
  const made = spawnSync(
    join(programs, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'sluice',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
      `--pwfile=${join(directory, 'password')}`,
    ],
    { ...as, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const server = new Server(programs, data, directory, port, as);
  await server.start();
  const socket = encodeURIComponent(directory);
  const tools = (program, args, options) =>
    spawnSync(join(programs, program), ['-h', directory, '-p', String(port), '-U', 'sluice', ...args], {
      encoding: 'utf8',
      ...options,
    });
  return {
    programs,
    directory,
    port,
    url: `postgresql://sluice@${socket}:${port}`,
    tcpUrl: `postgresql://sluice:${password}@127.0.0.1:${port}`,
    /** Runs one of PostgreSQL's programs against it. */
    tools,
    restart: () => server.restart(),
    stop: async () => {
      await server.stop('SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

class Server {
  #process;

  constructor(programs, data, directory, port, as) {
    Object.assign(this, { programs, data, directory, port, as });
  }

  async start() {
    const settings = {
      unix_socket_directories: this.directory,
      listen_addresses: '127.0.0.1',
      port: this.port,
      max_connections: 100,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    let log = '';
    this.#process = spawn(join(this.programs, 'postgres'), ['-D', this.data, ...args], {
      ...this.as,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr.on('data', (bytes) => {
      log = (log + bytes).slice(-10_000);
    });
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.#process.exitCode !== null) throw new Error(`PostgreSQL has ended:\n${log}`);
      const ready = spawnSync(join(this.programs, 'pg_isready'), [
        '-q',
        '-h',
        this.directory,
        '-p',
        String(this.port),
      ]);
      if (ready.status === 0) return;
      await sleep(100);
    }
    throw new Error(`PostgreSQL does not start:\n${log}`);
  }

  /** SIGINT: connections are cut. SIGQUIT: as after a crash. */
  async stop(signal) {
    const { promise, resolve } = Promise.withResolvers();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.once('exit', resolve);
    this.#process.kill(signal);
    await promise;
  }

  async restart() {
    await this.stop('SIGINT');
    await this.start();
  }
}

/** PostgreSQL refuses to run as root. */
function ordinaryUser() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((option) =>
      Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout),
    );
    if (ids.every((id) => id > 0)) return { uid: ids[0], gid: ids[1] };
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'.");
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
