import { randomBytes } from 'node:crypto';
import { deriveAgentKey } from '../../contract/agent-result.ts';
import { SluiceError } from '../../core/errors.ts';
import type { KubeClient } from './client/kube-client.ts';
import { statusOf } from './client/kube-error.ts';
import { MARKS } from './cluster-names.ts';

/** The Secret of a namespace that the keys of all its jobs follow from. */
const KEYS = 'sluice-agent-key';
const KEY_BYTES = 32;

/** Where the Secret is. */
interface SecretPlace {
  readonly client: KubeClient;
  path(group: string, ...parts: readonly string[]): string;
  ensure(collection: string, object: object): Promise<void>;
}

/** The keys of a namespace's jobs. The first job of the namespace makes what they follow from. */
export class AgentKeys {
  readonly #cluster: SecretPlace;
  #secret: Promise<Buffer> | undefined;

  constructor(cluster: SecretPlace) {
    this.#cluster = cluster;
  }

  /** The key of an attempt. @throws SluiceError */
  async of(attempt: string): Promise<string> {
    this.#secret ??= this.#find().catch((error: unknown) => {
      this.#secret = undefined;
      throw error;
    });
    return deriveAgentKey(await this.#secret, attempt);
  }

  async #find(): Promise<Buffer> {
    try {
      return await this.#read();
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      const metadata = { name: KEYS, labels: { [MARKS.managedBy]: MARKS.manager } };
      const data = { key: randomBytes(KEY_BYTES).toString('base64') };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data, immutable: true };
      await this.#cluster.ensure('secrets', secret);
      return this.#read();
    }
  }

  async #read(): Promise<Buffer> {
    const path = this.#cluster.path('v1', 'secrets', KEYS);
    const { data } = await this.#cluster.client.get<{ data?: { key?: string } }>(path, {
      what: `get secrets '${KEYS}'`,
    });
    if (data?.key === undefined) throw new SluiceError('ConfigInvalid', `The Secret '${KEYS}' has no 'key'.`);
    return Buffer.from(data.key, 'base64');
  }
}
