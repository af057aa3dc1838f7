import type { CoreWeaveSettings, KubernetesSettings } from '../../core/platforms-settings.ts';
import type { KubeObject } from '../kubernetes/client/objects.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { chooseNode, nodeKinds, nodeRequest } from './choose-node.ts';

/** What holds for one task: its instance type is a kind of node, and which there are changes from day to day. */
export async function coreWeaveSettings(
  settings: CoreWeaveSettings,
  task: Parameters<typeof chooseNode>[0],
  { client }: Cluster,
): Promise<KubernetesSettings> {
  const nodes = await client.get<{ items: KubeObject[] }>('/api/v1/nodes', { what: 'list nodes' });
  const kind = chooseNode(task, nodeKinds(nodes.items));
  if (!kind) return settings;
  const request = { ...nodeRequest(kind, task.gpuCount), ...settings.instanceTypes?.[task.instanceType] };
  return { ...settings, instanceTypes: { ...settings.instanceTypes, [task.instanceType]: request } };
}
