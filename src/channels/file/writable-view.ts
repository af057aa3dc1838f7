import { statSync } from 'node:fs';
import type { Mount } from '../../contract/mount.ts';
import type { WritableInputs } from '../channel.ts';
import type { MountPlan } from './plan-mounts.ts';

/** What so little data costs to copy is less than what a mount costs. */
const SMALL_BYTES = 4 * 2 ** 20;
const SMALL_OBJECTS = 64;
const GIBIBYTE = 2 ** 30;

/** How a channel comes to be writable. */
export type WritableView =
  | { readonly kind: 'copy' }
  | { readonly kind: 'mounts'; readonly mounts: readonly Mount[]; readonly note?: string };

/** How the data of a plan is shown so that a job may write there, without its source being altered. */
export function writableView(name: string, plan: MountPlan, writable: WritableInputs): WritableView {
  const { mounts = [], bytes, objects } = plan;
  if (bytes <= SMALL_BYTES && objects <= SMALL_OBJECTS) return { kind: 'copy' };
  if (writable.overlay && mounts.every(({ source }) => statSync(source).isDirectory())) {
    return { kind: 'mounts', mounts: mounts.map((mount) => ({ ...mount, copyOnWrite: true })) };
  }
  const limit = writable.copiedInGiB * GIBIBYTE;
  if (bytes <= limit) return { kind: 'copy' };
  return { kind: 'mounts', mounts, note: readOnlyNote(name, bytes, writable) };
}

function readOnlyNote(name: string, bytes: number, { overlay, copiedInGiB }: WritableInputs): string {
  const size = `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
  const why = overlay
    ? 'they are single files, which cannot be written over'
    : 'no file system can be mounted over them here';
  return `Channel '${name}': its ${size} are read-only, on SageMaker they are a copy that may be written: ${why}, and more than ${copiedInGiB} GiB are not copied. limits: { copiedInputInGiB: ${Math.ceil(bytes / GIBIBYTE)} } in sluice.yaml copies them.`;
}
