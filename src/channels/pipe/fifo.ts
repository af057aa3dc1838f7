import { execFile } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorMessage, SluiceError, systemErrorCode } from '../../core/errors.ts';
import { errorName, loadNative } from './native.ts';

const run = promisify(execFile);

/** What a pipe holds where the system allows it: as much as an unprivileged user may ask for on Linux. */
const PIPE_BYTES = 1024 * 1024;
/** Milliseconds between two looks for a reader: at first, and at last. */
const LOOK_MS = { first: 1, last: 10 };

/** The FIFO of an epoch. */
export function fifoPath(channelDirectory: string, epoch: number): string {
  return `${channelDirectory}_${epoch}`;
}

/** Makes a FIFO; one that a dead process has left is taken over. @throws SluiceError `InvalidArgument`, `AccessDenied` */
export async function makeFifo(path: string): Promise<void> {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before?.isFIFO()) return;
  if (before) throw new SluiceError('InvalidArgument', `${path} is in the way of a FIFO of this name.`);
  await mkdir(dirname(path), { recursive: true });
  const native = loadNative();
  if (!native) {
    await run('mkfifo', ['-m', '0666', path]).catch((error: unknown) => {
      throw cannotMake(path, errorMessage(error), error);
    });
    return;
  }
  const failed = native.mkfifo(path, 0o666);
  if (failed === osConstants.errno.ENOSPC || failed === osConstants.errno.EDQUOT) {
    throw new SluiceError('DiskFull', `The FIFO ${path} cannot be made: the file system has no room left.`);
  }
  if (failed !== 0) throw cannotMake(path, errorName(failed));
}

function cannotMake(path: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('AccessDenied', `The FIFO ${path} cannot be made: ${why}.`, {
    hint: 'The directory must be writable, on a file system that has FIFOs.',
    cause,
  });
}

/**
 * Removes a FIFO. A reader that has it open reads on; one that waits in its open() for a writer, and would for ever once
 * the FIFO is gone, sees an end. Nothing else is removed.
 */
export function removeFifo(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFIFO()) return;
  const writer = openAsWriter(path);
  rmSync(path, { force: true });
  if (writer !== undefined) closeSync(writer);
}

/** Without blocking, whether there is a reader or not. */
function openAsWriter(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch {
    // Removing it is what counts.
    return undefined;
  }
}

/**
 * Opens a FIFO for writing, without blocking, once a reader has opened it: until then the system refuses with ENXIO.
 *
 * @returns undefined when it was aborted before
 */
export async function openForWriting(path: string, isAborted: () => boolean): Promise<number | undefined> {
  for (let pauseMs = LOOK_MS.first; !isAborted(); pauseMs = Math.min(LOOK_MS.last, pauseMs + 1)) {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      loadNative()?.setPipeSize(fd, PIPE_BYTES);
      return fd;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENXIO') throw error;
    }
    await sleep(pauseMs);
  }
  return undefined;
}
