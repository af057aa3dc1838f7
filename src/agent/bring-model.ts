import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Stores } from '../channels/index.ts';
import { prepareModel } from '../hosts/index.ts';

/** A model that a container is to serve. */
export interface ModelToBring {
  /** The volume that the model's container has too. */
  readonly mlDirectory: string;
  /** A model.tar.gz, `s3://…`. Absent: the image has its own. */
  readonly dataUrl?: string | undefined;
  /** An archive of code, `s3://…`. */
  readonly codeUrl?: string | undefined;
  readonly stores: Stores;
  /** Where lines for the container's log go. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts a model at /opt/ml/model and its code at /opt/ml/code, for a server that goes on: it belongs to no job, and leaves
 * no result. What an earlier try or an earlier server has left there goes.
 *
 * @throws JobFailure
 */
export async function bringModel(model: ModelToBring): Promise<void> {
  const { mlDirectory, dataUrl, codeUrl, stores, note, signal } = model;
  // The server may run as another user than an agent that is root.
  if (process.geteuid?.() === 0) process.umask(0);
  mkdirSync(mlDirectory, { recursive: true });
  if (process.geteuid?.() === 0) chmodSync(mlDirectory, 0o777);
  for (const name of ['model', 'code']) rmSync(join(mlDirectory, name), { recursive: true, force: true });
  const executor = {
    name: 'container',
    capabilities: { mounts: false, fuse: false },
    canOverlay: () => Promise.resolve(false),
  };
  const context = { stores, executor, configuration: {} };
  const host = { name: 'algo-1', index: 0, mlDirectory, log: { note } };
  const prepared = await prepareModel({ context, stopSignal: signal }, host, {
    ...(dataUrl !== undefined && { ModelDataUrl: dataUrl }),
    ...(codeUrl !== undefined && { Environment: { SAGEMAKER_SUBMIT_DIRECTORY: codeUrl } }),
  });
  await prepared.close();
}
