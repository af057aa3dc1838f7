import { SluiceError } from '../core/errors.ts';
import { type GraphNode, type Json, nodeReferences, type Task } from '../graph/index.ts';
import type { Platform } from '../platforms/index.ts';

/** What tells where the inputs of a job lie. */
export interface BringInputsOptions {
  readonly node: GraphNode;
  readonly task: Task;
  readonly inputs: Readonly<Record<string, Json>>;
  /** Where the job runs. */
  readonly platform: Platform;
  /** The platform on which a node has run. */
  readonly platformAt: (node: string) => Platform | undefined;
  /** Of the home's own store, where it goes that lies elsewhere: a prefix that ends in `/`. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/**
 * The inputs of a job as its platform can read them: what a step on another platform has left in a store of that platform's
 * is brought to the home's own, from which every platform takes what it needs.
 */
export async function bringInputs(options: BringInputsOptions): Promise<Readonly<Record<string, Json>>> {
  const { inputs, platform, prefix, signal } = options;
  const brought: Record<string, Json> = { ...inputs };
  for (const [name, uri] of Object.entries(inputs)) {
    refuseFiles(name, uri, options);
    const store = storeOf(name, options);
    if (!store || store.place === platform.store?.place) continue;
    if (typeof uri === 'string' && uri.startsWith('s3://'))
      brought[name] = await store.bring(uri, prefix, signal);
  }
  return brought;
}

/**
 * What has run elsewhere knows no file of this machine: it would have one sent that is not meant for it.
 *
 * @throws SluiceError `AccessDenied`
 */
function refuseFiles(name: string, value: Json, { node, platformAt }: BringInputsOptions): void {
  const binding = node.inputs[name];
  if (!binding || !JSON.stringify(value)?.match(/"\s*file:/i)) return;
  for (const { node: source } of nodeReferences(binding)) {
    const platform = platformAt(source);
    if (!platform || platform.name === 'local') continue;
    throw new SluiceError(
      'AccessDenied',
      `Node '${node.id}': its input '${name}' comes from node '${source}', which has run on ${platform.name}, and names a file of this machine.`,
      { hint: 'What runs elsewhere leaves its outputs in buckets: s3://…' },
    );
  }
}

/** The store of the step whose output an input is. */
function storeOf(name: string, { node, task, platformAt }: BringInputsOptions): Platform['store'] {
  const binding = node.inputs[name];
  if (!binding || !('node' in binding) || task.interface.inputs[name]?.type !== 'uri') return undefined;
  return platformAt(binding.node)?.store;
}
