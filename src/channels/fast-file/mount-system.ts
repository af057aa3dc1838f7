import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import type koffiModule from 'koffi';
import { errorMessage } from '../../core/errors.ts';
import { MAX_READ_BYTES } from './fuse/protocol.ts';

type Koffi = typeof koffiModule;

/** As it stands in /proc/self/mountinfo. */
export const FILE_SYSTEM_TYPE = 'fuse.sluice';

/** How long `fusermount3` may take, milliseconds. */
const HELPER_LIMIT_MS = 10_000;
const MS = { readOnly: 1, noSuid: 2, noDev: 4 };
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0x80000;
const MSG_DONTWAIT_CLOEXEC = 0x40 | 0x40000000;
/** Where the received file descriptor stands in the control message: after length, level and type. */
const CONTROL = { bytes: 64, descriptorAt: 16 };
/** The child's number of the socket over which fusermount3 hands the file descriptor. */
const SOCKET_FD = 3;

/**
 * Mounts a file system of this process: by mount(2) where it may, else through an installed fusermount3, which is
 * allowed to do it for everyone.
 *
 * @param source what /proc/self/mountinfo names as its source
 * @returns the file descriptor of /dev/fuse to serve
 * @throws Error that says why neither works
 */
export async function mountFuse(directory: string, source: string): Promise<number> {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  if (process.geteuid?.() !== 0) return mountWithHelper(koffi, directory, source);
  try {
    return mountDirectly(koffi, directory, source);
  } catch (error) {
    return mountWithHelper(koffi, directory, source).catch((second: unknown) => {
      throw new Error(`${errorMessage(error)}; ${errorMessage(second)}`, { cause: error });
    });
  }
}

function mountDirectly(koffi: Koffi, directory: string, source: string): number {
  const mount = koffi
    .load(null)
    .func(
      'int mount(const char *source, const char *target, const char *type, ulong flags, const char *data)',
    );
  const fd = openSync('/dev/fuse', 'r+');
  const ids = `user_id=${process.getuid?.()},group_id=${process.getgid?.()}`;
  const data = `fd=${fd},rootmode=40000,${ids},allow_other,default_permissions,max_read=${MAX_READ_BYTES}`;
  const flags = MS.readOnly | MS.noSuid | MS.noDev;
  if (mount(source, directory, FILE_SYSTEM_TYPE, flags, data) === 0) return fd;
  const problem = errorName(koffi.errno());
  closeSync(fd);
  throw new Error(`mount(2) fails with ${problem}`);
}

async function mountWithHelper(koffi: Koffi, directory: string, source: string): Promise<number> {
  const libc = koffi.load(null);
  const pair = [0, 0];
  const socketpair = libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *pair)');
  if (socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair) !== 0) throw new Error('socketpair(2) fails');
  const [own, theirs] = pair as [number, number];
  try {
    const type = FILE_SYSTEM_TYPE.slice('fuse.'.length);
    const options = `ro,nosuid,nodev,default_permissions,max_read=${MAX_READ_BYTES},fsname=${source},subtype=${type}`;
    await runHelper(['-o', options, '--', directory], theirs);
    return receiveDescriptor(koffi, own);
  } finally {
    closeSync(own);
    closeSync(theirs);
  }
}

/** @throws Error with what it says */
async function runHelper(parameters: readonly string[], socket?: number): Promise<void> {
  const helper = spawn('fusermount3', parameters, {
    stdio: ['ignore', 'ignore', 'pipe', ...(socket === undefined ? [] : [socket])],
    env: { ...process.env, _FUSE_COMMFD: String(SOCKET_FD) },
    timeout: HELPER_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  helper.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(helper, 'close').catch(() => {
    throw new Error('there is no fusermount3 (Debian package fuse3)');
  })) as [number | null];
  if (code !== 0) throw new Error(said.trim() || `fusermount3 ends with ${code ?? 'no answer'}`);
}

function receiveDescriptor(koffi: Koffi, socket: number): number {
  const part = koffi.struct({ base: 'void *', length: 'size_t' });
  const message = koffi.struct({
    name: 'void *',
    nameLength: 'uint32',
    parts: koffi.pointer(part),
    partCount: 'size_t',
    control: 'void *',
    controlLength: 'size_t',
    flags: 'int',
  });
  const recvmsg = koffi
    .load(null)
    .func('recvmsg', 'int64', ['int', koffi.inout(koffi.pointer(message)), 'int']);
  const control = Buffer.alloc(CONTROL.bytes);
  const head = {
    name: null,
    nameLength: 0,
    parts: { base: Buffer.alloc(8), length: 8 },
    partCount: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  if (Number(recvmsg(socket, head, MSG_DONTWAIT_CLOEXEC)) < 1)
    throw new Error('fusermount3 gives no file descriptor');
  return control.readInt32LE(CONTROL.descriptorAt);
}

/** Takes a mount away, also while it is in use: who still has files of it open gets errors. Not mounted is no error. */
export async function unmountFuse(directory: string): Promise<void> {
  if (process.geteuid?.() === 0) {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const umount2 = koffi.load(null).func('int umount2(const char *target, int flags)');
    // Not on this thread: the kernel may have a question first, which this very thread has to answer.
    if ((await promisify(umount2.async)(directory, MNT_DETACH | UMOUNT_NOFOLLOW)) === 0) return;
  }
  await runHelper(['-u', '-z', '-q', '--', directory]).catch(() => undefined);
}

function errorName(number: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? String(number);
}
