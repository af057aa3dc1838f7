import { readFileSync, writeFileSync } from 'node:fs';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { openStore } from '../../objects/index.ts';
import { FuseConnection } from './fuse/fuse-connection.ts';
import { MAX_READ_BYTES } from './fuse/protocol.ts';
import { unmountOf } from './leftover-mounts.ts';
import type { FromMount, MountRequest, ToMount } from './mount-messages.ts';
import { mountFuse } from './mount-system.ts';
import { ObjectFiles } from './object-files.ts';
import { ObjectTree } from './object-tree.ts';
import { mountSource, ownMounts } from './own-mounts.ts';

// The process that serves one mount: it neither waits for Sluice's main thread nor outlives Sluice.

let mounting: Promise<boolean> = Promise.resolve(false);
let ending = false;

process.on('message', (message: ToMount) => {
  if (message.kind === 'close') void end();
  else mounting = serve(message);
});
process.on('disconnect', () => void end());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end());

/** @returns whether it is mounted */
async function serve(request: MountRequest): Promise<boolean> {
  const { bucket, prefix, directory } = request;
  try {
    const tree = new ObjectTree(await openStore(request.opening), bucket, prefix);
    const fd = await mountFuse(directory, mountSource());
    const files = new ObjectFiles(tree, failed);
    const connection = new FuseConnection(fd, files.operations);
    connection.ended.then(
      () => ending || failed(new Error(`${directory} was unmounted.`)),
      (error: unknown) => failed(error),
    );
    await files.initialized;
    readMoreAhead(directory);
    tell({ kind: 'mounted' });
    return true;
  } catch (error) {
    tell({ kind: 'refused', reason: errorMessage(error) });
    return false;
  }
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  if (await mounting) await unmountOf(process.pid).catch(() => undefined);
  // An ordinary exit would wait for the thread that reads the device, which who still uses the mount keeps alive.
  process.kill(process.pid, 'SIGKILL');
}

/** The kernel's own limit of 128 KiB makes a reader in order wait often. Root alone may raise it. */
function readMoreAhead(directory: string): void {
  try {
    const device = ownMounts(readFileSync('/proc/self/mountinfo', 'utf8')).find(
      (mount) => mount.directory === directory,
    )?.device;
    writeFileSync(`/sys/class/bdi/${device}/read_ahead_kb`, String(MAX_READ_BYTES / 1024));
  } catch {
    // It works without, with smaller requests.
  }
}

function failed(error: unknown): void {
  const known = error instanceof SluiceError ? error : undefined;
  tell({
    kind: 'failed',
    message: errorMessage(error),
    ...(known && { code: known.code }),
    ...(known?.hint !== undefined && { hint: known.hint }),
  });
}

function tell(message: FromMount): void {
  if (process.connected) process.send?.(message, () => undefined);
}
