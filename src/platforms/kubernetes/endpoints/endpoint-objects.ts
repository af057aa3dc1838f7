import { USER_CONTAINER } from '../../../contract/agent-places.ts';
import { statusOf } from '../client/kube-error.ts';
import type { KubeDeployment, KubeObject, KubePod } from '../client/objects.ts';
import type { Cluster } from '../cluster.ts';
import { MARKS } from '../cluster-names.ts';
import { DEPLOYMENTS, endpointService } from './endpoint-manifest.ts';

/** The Deployments of endpoints in a namespace, and what belongs to them. */
export class EndpointObjects {
  readonly cluster: Cluster;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Undefined where there is none of the name. */
  async find(name: string): Promise<KubeDeployment | undefined> {
    try {
      return await this.cluster.client.get<KubeDeployment>(this.#path(name), {
        what: `get deployments '${name}'`,
      });
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** All that Sluice has made. */
  async list(): Promise<KubeDeployment[]> {
    const labelSelector = `${MARKS.managedBy}=${MARKS.manager},${MARKS.endpoint}`;
    return this.#items<KubeDeployment>(DEPLOYMENTS, 'deployments', labelSelector);
  }

  pods(name: string): Promise<KubePod[]> {
    return this.#items<KubePod>('v1', 'pods', `${MARKS.endpoint}=${name}`);
  }

  /** What served a configuration: its Deployment's template then. */
  async replicaSet(name: string, configuration: string): Promise<KubeDeployment | undefined> {
    const labels = `${MARKS.endpoint}=${name},${MARKS.configuration}=${configuration}`;
    const [found] = await this.#items<KubeDeployment>(DEPLOYMENTS, 'replicasets', labels);
    return found;
  }

  /** @returns undefined where there is one of the name already */
  async create(name: string, manifest: object): Promise<KubeDeployment | undefined> {
    const query = { fieldValidation: 'Strict' };
    try {
      const what = `create deployments '${name}'`;
      return await this.cluster.client.post<KubeDeployment>(this.#path(), manifest, { query, what });
    } catch (error) {
      if (statusOf(error) === 409) return undefined;
      throw error;
    }
  }

  /** Puts one in place of what was read. @returns false where somebody else has changed it since */
  async replace(
    read: KubeDeployment,
    manifest: Omit<KubeObject, 'metadata'> & { metadata: object },
  ): Promise<boolean> {
    const { name, resourceVersion, uid } = read.metadata;
    const body = { ...manifest, metadata: { ...manifest.metadata, name, resourceVersion, uid } };
    try {
      await this.cluster.client.put(this.#path(name), body, { what: `update deployments '${name}'` });
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      throw error;
    }
  }

  /** The Service in front of it. Whoever created the Deployment may have ended before. */
  async serve({ metadata }: KubeDeployment): Promise<void> {
    const { name, uid = '' } = metadata;
    await this.cluster.ensure('services', endpointService(name, { name, uid }));
  }

  /** Its pods and its Service go before it. */
  async delete(name: string): Promise<boolean> {
    return this.cluster.client.delete(
      this.#path(name),
      { propagationPolicy: 'Foreground' },
      { what: `delete deployments '${name}'` },
    );
  }

  /** `/api/…/pods/<pod>`, and which of its containers' log is read. */
  logOf(pod: KubePod): { readonly path: string; readonly container: string } {
    return { path: this.cluster.path('v1', 'pods', pod.metadata.name), container: USER_CONTAINER };
  }

  #path(...name: readonly string[]): string {
    return this.cluster.path(DEPLOYMENTS, 'deployments', ...name);
  }

  async #items<Item>(group: string, collection: string, labelSelector: string): Promise<Item[]> {
    const { items } = await this.cluster.client.get<{ items: Item[] }>(this.cluster.path(group, collection), {
      query: { labelSelector },
      what: `list ${collection}`,
    });
    return items;
  }
}
