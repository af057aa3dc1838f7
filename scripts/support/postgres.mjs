// A PostgreSQL server of its own, for tests and benchmarks: real, durable as in production, and gone afterwards.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { freemem } from 'node:os';
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

/** Databases of a whole run of tests take up to 4 GiB. */
const ROOM_BYTES = 8 * 2 ** 30;

/**
 * Where data may lie that need not outlive a power cut: in memory, where there is room. Hundreds of databases take minutes
 * to remove from a disk that is told of each block that is free again.
 */
function shortLived() {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return '/tmp';
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > ROOM_BYTES && freemem() > ROOM_BYTES ? memory : '/tmp';
}

/**
 * Starts a server in a temporary directory, as an ordinary user, on a socket and on 127.0.0.1.
 *
 * @param smallDisk so many bytes has `directory/small`, a file system of its own, where a tablespace may lie
 * @param settings as in postgresql.conf
 * @param isShortLived its data lies in memory, where there is room
 * @returns `url` of its superuser over the socket and `tcpUrl` with a password, without a database's name at the end;
 *   `stop` ends the server and its standbys, and removes everything
 */
export async function startPostgres({ smallDisk, settings, isShortLived = false } = {}) {
  const programs = postgresPrograms();
  if (!programs) throw new Error('PostgreSQL 15 or newer is needed: apt-get install postgresql');
  // Not TMPDIR: an ordinary user may not get there, and the path of a socket has 107 bytes at most.
  const directory = mkdtempSync(join(isShortLived ? shortLived() : '/tmp', 'sluice-postgres-'));
  const password = randomBytes(12).toString('hex');
  const user = ordinaryUser();
  writeFileSync(join(directory, 'password'), password);
  for (const name of ['data', 'small']) mkdirSync(join(directory, name), { mode: 0o700 });
  if (user)
    for (const name of ['', 'data', 'small', 'password'])
      chownSync(join(directory, name), user.uid, user.gid);
  const place = { programs, directory, user, as: { cwd: directory, ...user }, settings };
  initialize(place);
  const server = new Server(place, 'data', await freePort(), smallDisk);
  await server.start();
  const standbys = [];
  return {
    ...server.tools(),
    tcpUrl: `postgresql://sluice:${password}@127.0.0.1:${server.port}`,
    crash: () => server.stop('SIGQUIT'),
    restart: () => server.restart(),
    /** A second server that follows this one, and is reached in the same ways. */
    startStandby: async () => {
      const name = `standby-${standbys.length}`;
      const copied = server.run('pg_basebackup', ['-D', join(directory, name), '-R', '-c', 'fast']);
      if (copied.status !== 0) throw new Error(`pg_basebackup: ${copied.stderr}`);
      const standby = new Server(place, name, await freePort());
      standbys.push(standby);
      await standby.start();
      return standby.tools();
    },
    stop: async () => {
      for (const each of [...standbys, server]) await each.stop('SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function initialize({ programs, directory, as }) {
  const settings = ['-U', 'sluice', '-E', 'UTF8', '--locale=C.UTF-8', '--auth-local=trust'];
  const secret = ['--auth-host=scram-sha-256', `--pwfile=${join(directory, 'password')}`];
  const args = ['-D', join(directory, 'data'), ...settings, ...secret];
  const { status, stderr } = spawnSync(join(programs, 'initdb'), args, { ...as, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb: ${stderr}`);
}

class Server {
  #process;

  constructor(place, data, port, smallDisk) {
    Object.assign(this, { ...place, data, port, smallDisk });
  }

  /** Runs one of PostgreSQL's programs against it. */
  run(program, args, options) {
    const all = ['-h', this.directory, '-p', String(this.port), '-U', 'sluice', ...args];
    return spawnSync(join(this.programs, program), all, { ...this.as, encoding: 'utf8', ...options });
  }

  tools() {
    const { programs, directory, port } = this;
    const url = `postgresql://sluice@${encodeURIComponent(directory)}:${port}`;
    return { programs, directory, port, url, tools: (...call) => this.run(...call) };
  }

  async start() {
    const settings = {
      unix_socket_directories: this.directory,
      listen_addresses: '127.0.0.1',
      port: this.port,
      max_connections: 100,
      ...this.settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    let log = '';
    this.#process = this.#spawn([
      join(this.programs, 'postgres'),
      '-D',
      join(this.directory, this.data),
      ...args,
    ]);
    this.#process.stderr.on('data', (bytes) => {
      log = (log + bytes).slice(-10_000);
    });
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.#process.exitCode !== null) throw new Error(`PostgreSQL has ended:\n${log}`);
      if (this.run('pg_isready', ['-q']).status === 0) return;
      await sleep(100);
    }
    throw new Error(`PostgreSQL does not start:\n${log}`);
  }

  #spawn(command) {
    const stdio = ['ignore', 'ignore', 'pipe'];
    if (!this.smallDisk) return spawn(command[0], command.slice(1), { ...this.as, stdio });
    // A file system of its own takes root of a namespace, which PostgreSQL refuses to be.
    const { uid, gid } = this.user ?? { uid: process.getuid(), gid: process.getgid() };
    const [unshare, become] = this.user
      ? [['-m'], `setpriv --reuid=${uid} --regid=${gid} --clear-groups`]
      : [['-m', '-U', '-r'], `unshare -U --map-user=${uid} --map-group=${gid}`];
    const owner = this.user ? `uid=${uid},gid=${gid}` : 'uid=0,gid=0';
    const options = `size=${this.smallDisk},mode=0700,${owner}`;
    const mount = `mount -t tmpfs -o ${options} small "$0" && exec ${become} "$@"`;
    const args = [...unshare, 'sh', '-c', mount, join(this.directory, 'small'), ...command];
    return spawn('unshare', args, { cwd: this.directory, stdio });
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
