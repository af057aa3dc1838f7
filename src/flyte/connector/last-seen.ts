import type { Json } from '../../graph/index.ts';
import type { Resource } from './messages.ts';

/** As many tasks are remembered: more are not under way at once. */
const MOST = 20_000;

/** How tasks were last seen, for when that cannot be asked. */
export class LastSeen {
  /** As text, which takes a fraction of the memory; with outputs, which hold bytes, as it is. */
  readonly #resources = new Map<string, string | Resource>();

  keep(handle: Json, resource: Resource): void {
    const id = JSON.stringify(handle);
    this.#resources.delete(id);
    this.#resources.set(id, resource.outputs ? resource : JSON.stringify(resource));
    const [oldest] = this.#resources.keys();
    if (this.#resources.size > MOST && oldest !== undefined) this.#resources.delete(oldest);
  }

  of(handle: Json): Resource | undefined {
    const known = this.#resources.get(JSON.stringify(handle));
    return typeof known === 'string' ? (JSON.parse(known) as Resource) : known;
  }
}
