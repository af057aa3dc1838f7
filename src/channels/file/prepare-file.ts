import type { InputOptions, PreparedInput } from '../channel.ts';
import { makeInputDirectory } from '../input-directory.ts';
import { listObjects } from '../source/list-objects.ts';
import { copyObjects } from './copy-objects.ts';
import { planMounts } from './plan-mounts.ts';
import { writableView } from './writable-view.ts';

/**
 * File mode: the channel's objects as files in its directory, before the command starts. Where the executor can mount,
 * objects that are files of this machine are shown where they are, and what the job writes there lies elsewhere; all
 * others are copied.
 *
 * By design: objects that are replaced in the store while the job runs are seen replaced.
 */
export async function prepareFile(options: InputOptions): Promise<PreparedInput> {
  makeInputDirectory(options);
  const plan = options.mounts ? await planMounts({ ...options, objects: listObjects(options) }) : undefined;
  if (plan?.mounts) {
    const { mounts, objects, bytes } = plan;
    if (!options.writable) return ready({ mounts, objects, bytes });
    const view = writableView(options.channel.name, plan, options.writable);
    if (view.kind === 'mounts') {
      const notes = view.note === undefined ? [] : [view.note];
      return ready({ mounts: view.mounts, objects, bytes, notes });
    }
  }
  const { objects, bytes } = await copyObjects({ ...options, objects: listObjects(options) });
  const notes =
    plan?.reason === undefined
      ? []
      : [
          `Channel '${options.channel.name}': its data was copied instead of being shown where it is: ${plan.reason}.`,
        ];
  return ready({ mounts: [], objects, bytes, notes });
}

function ready(
  what: Pick<PreparedInput, 'mounts' | 'objects' | 'bytes'> & Partial<Pick<PreparedInput, 'notes'>>,
): PreparedInput {
  return { notes: [], ...what, failed: new Promise(() => undefined), close: () => Promise.resolve() };
}
