import type { EndpointDeployment } from '../../state/index.ts';
import type { Instance } from './instance.ts';

/** One variant that invocations can go to. */
export interface RoutedVariant {
  readonly name: string;
  readonly weight: number;
  readonly instances: readonly Instance[];
}

/** Where the invocations of an endpoint go. It never changes: a change of the endpoint makes another one. */
export class Route {
  readonly #variants: readonly RoutedVariant[];
  readonly #totalWeight: number;

  constructor(deployment: EndpointDeployment, instances: ReadonlyMap<string, Instance>) {
    this.#variants = deployment.variants.map(({ name, weight, instances: ids }) => ({
      name,
      weight,
      instances: ids.map((id) => instances.get(id)).filter((each) => each !== undefined),
    }));
    this.#totalWeight = this.#variants.reduce((sum, { weight }) => sum + weight, 0);
  }

  /** The variant of this name. */
  variant(name: string): RoutedVariant | undefined {
    return this.#variants.find((variant) => variant.name === name);
  }

  /**
   * A variant by chance, each as likely as its weight; where all weights are 0, each as likely as the others.
   *
   * @param chance From 0 to below 1.
   */
  choose(chance: number = Math.random()): RoutedVariant {
    const last = this.#variants.at(-1) as RoutedVariant;
    if (this.#variants.length === 1) return last;
    if (this.#totalWeight === 0)
      return this.#variants[Math.floor(chance * this.#variants.length)] as RoutedVariant;
    let rest = chance * this.#totalWeight;
    for (const variant of this.#variants) {
      rest -= variant.weight;
      if (rest < 0) return variant;
    }
    return last;
  }
}

/** The healthy instance that has the least to do. */
export function leastBusy({ instances }: RoutedVariant): Instance | undefined {
  let best: Instance | undefined;
  for (const instance of instances) {
    if (instance.pool && (!best || instance.active < best.active)) best = instance;
  }
  return best;
}
