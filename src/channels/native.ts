import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type koffiModule from 'koffi';

/** System calls that Node does not offer, through the FFI library koffi. */
export interface Native {
  /** Makes a FIFO. @returns 0, or the error number */
  mkfifo(path: string, mode: number): number;
  /** Widens a pipe, as far as the system lets it. */
  setPipeSize(fd: number, bytes: number): void;
  /** Waits until a pipe takes bytes, or its last reader has gone; at most so many milliseconds. */
  waitWritable(fd: number, timeoutMs: number): void;
  /**
   * Moves pages of a file, from its own position on, into a pipe without copying them.
   *
   * @returns bytes, or the negative error number. Absent where the system has no such call.
   */
  readonly splice?: (from: number, to: number, bytes: number) => number;
  /**
   * Where a file's next data, or its next hole, begins: `lseek(2)`.
   *
   * @returns its place, or the negative error number: ENXIO where no data follows. Absent where the system has no such call.
   */
  readonly seek?: (fd: number, from: number, what: 'data' | 'hole') => number;
}

const F_SETPIPE_SZ = 1031;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const POLLOUT = 4;
const SEEK = { data: 3, hole: 4 };

type Koffi = typeof koffiModule;

let loaded: Native | undefined | null = null;

/** Loads koffi at the first call. Undefined where it does not work: everything has a slower way without it. */
export function loadNative(): Native | undefined {
  if (loaded === null) loaded = tryLoad();
  return loaded;
}

/** `ENOSPC` and the like. */
export function errorName(errorNumber: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errorNumber)?.[0] ?? 'EIO';
}

/** `SLUICE_NATIVE=off` does without it, where a system call misbehaves on some machine. */
export function nativeIsWanted(): boolean {
  return process.env['SLUICE_NATIVE'] !== 'off';
}

function tryLoad(): Native | undefined {
  if (process.platform === 'win32' || !nativeIsWanted()) return undefined;
  try {
    return bind(createRequire(import.meta.url)('koffi') as Koffi);
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi): Native {
  const linux = process.platform === 'linux';
  const libc = koffi.load(null);
  const mkfifo = libc.func('int mkfifo(const char *path, unsigned int mode)');
  const poll = libc.func('int poll(void *fds, unsigned long count, int timeout)');
  const fcntl = linux ? libc.func('int fcntl(int fd, int command, int value)') : undefined;
  const splice = linux
    ? libc.func('int64 splice(int from, void *a, int to, void *b, size_t bytes, unsigned int flags)')
    : undefined;
  const lseek = linux ? libc.func('int64 lseek(int fd, int64 offset, int whence)') : undefined;
  const polled = Buffer.alloc(8);
  return {
    mkfifo: (path, mode) => (mkfifo(path, mode) === 0 ? 0 : koffi.errno()),
    setPipeSize: (fd, bytes) => {
      fcntl?.(fd, F_SETPIPE_SZ, bytes);
    },
    waitWritable: (fd, timeoutMs) => {
      polled.writeInt32LE(fd, 0);
      polled.writeInt32LE(POLLOUT, 4);
      poll(polled, 1, timeoutMs);
    },
    ...(splice && {
      splice: (from: number, to: number, bytes: number) => {
        const moved = Number(splice(from, null, to, null, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
        return moved >= 0 ? moved : -koffi.errno();
      },
    }),
    ...(lseek && {
      seek: (fd: number, from: number, what: 'data' | 'hole') => {
        const place = Number(lseek(fd, from, SEEK[what]));
        return place >= 0 ? place : -koffi.errno();
      },
    }),
  };
}
