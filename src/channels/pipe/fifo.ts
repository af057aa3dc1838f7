import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import { makeBelow, splitPlace, type TreePlace, withDirectory } from '../../core/tree/index.ts';
import { errorName, loadNative } from '../native.ts';

/** What a pipe holds where the system allows it: as much as an unprivileged user may ask for on Linux. */
const PIPE_BYTES = 1024 * 1024;
/** How long `mkfifo` may take, milliseconds. */
const PROGRAM_LIMIT_MS = 10_000;
/** Milliseconds between two looks for a reader: at first, and at last. */
const LOOK_MS = { first: 1, last: 10 };
/** The descriptor of the FIFO's directory in the program that makes it. */
const DIRECTORY_FD = 3;

/** The FIFO of an epoch. */
export function fifoPlace(channel: TreePlace, epoch: number): TreePlace {
  return { root: channel.root, path: `${channel.path}_${epoch}` };
}

/** A FIFO's path, for messages and to be told from others: never to open it. */
export function fifoPath({ root, path }: TreePlace): string {
  return join(root, path);
}

/** Makes a FIFO; one that a dead process has left is taken over. @throws SluiceError `InvalidArgument`, `AccessDenied` */
export async function makeFifo(place: TreePlace): Promise<void> {
  const { parent, name } = splitPlace(place);
  using directory = makeBelow(parent);
  const before = directory.stat(name);
  if (before?.isFIFO()) return;
  const path = fifoPath(place);
  if (before) throw new SluiceError('InvalidArgument', `${path} is in the way of a FIFO of this name.`);
  const native = loadNative();
  const failed = native
    ? directory.reach(name, (reached) => native.mkfifo(String(reached), 0o666))
    : await directory.reach(name, (reached) => directory.holding((fd) => makeByProgram(fd, String(reached))));
  if (failed === osConstants.errno.ENOSPC || failed === osConstants.errno.EDQUOT) {
    throw new SluiceError('DiskFull', `The FIFO ${path} cannot be made: the file system has no room left.`);
  }
  if (failed !== 0) throw cannotMake(path, typeof failed === 'string' ? failed : errorName(failed));
}

/** @returns 0, or what the program says */
async function makeByProgram(directory: number, reached: string): Promise<string | 0> {
  // The program has the directory under another number; elsewhere than on Linux it is a path.
  const path = reached.replace(/^\/proc\/self\/fd\/\d+\//, `/proc/self/fd/${DIRECTORY_FD}/`);
  const stdio = ['ignore', 'ignore', 'pipe', directory] as const;
  const child: ChildProcess = spawn('mkfifo', ['-m', '0666', path], {
    stdio: [...stdio],
    timeout: PROGRAM_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = (await once(child, 'close').catch((error: Error) => [error.message])) as [number | string];
  return code === 0 ? 0 : said.trim() || String(code ?? 'mkfifo did not end');
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
export function removeFifo(place: TreePlace): void {
  const { parent, name } = splitPlace(place);
  withDirectory(parent, (directory) => {
    if (!directory.stat(name)?.isFIFO()) return;
    // Without blocking, whether there is a reader or not.
    const writer = directory.openAs('fifo', name, constants.O_RDWR);
    directory.unlink(name);
    if (writer !== undefined) closeSync(writer);
  });
}

/**
 * Opens a FIFO for writing, without blocking, once a reader has opened it: until then the system refuses with ENXIO.
 *
 * @returns undefined when it was aborted before
 * @throws SluiceError `InvalidArgument` where the FIFO is not there any more, or something else is
 */
export async function openForWriting(
  place: TreePlace,
  isAborted: () => boolean,
): Promise<number | undefined> {
  const { parent, name } = splitPlace(place);
  for (let pauseMs = LOOK_MS.first; !isAborted(); pauseMs = Math.min(LOOK_MS.last, pauseMs + 1)) {
    const fd = withDirectory(parent, (directory) =>
      openAsWriter(() => directory.openAs('fifo', name, constants.O_WRONLY)),
    );
    if (fd === undefined) throw replaced(fifoPath(place));
    if (fd !== 'no reader') {
      loadNative()?.setPipeSize(fd, PIPE_BYTES);
      return fd;
    }
    await sleep(pauseMs);
  }
  return undefined;
}

function openAsWriter(open: () => number | undefined): number | undefined | 'no reader' {
  try {
    return open();
  } catch (error) {
    if (systemErrorCode(error) === 'ENXIO') return 'no reader';
    throw error;
  }
}

function replaced(path: string): SluiceError {
  return new SluiceError('InvalidArgument', `The FIFO ${path} is gone, or something else has its name.`, {
    hint: 'A job opens the FIFOs of a Pipe channel for reading, and leaves them where they are.',
  });
}
