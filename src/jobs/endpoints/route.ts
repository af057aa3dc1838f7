import {
  containerNames,
  type ExecutionMode,
  isMultiModel,
  type ModelContainers,
} from '../../contract/model-containers.ts';
import type { EndpointDeployment } from '../../state/index.ts';
import type { Instance } from './instance.ts';

/** One variant that invocations can go to. */
export interface RoutedVariant {
  readonly name: string;
  readonly weight: number;
  /** The containers of its model, in their order. */
  readonly containers: readonly RoutedContainer[];
  readonly executionMode: ExecutionMode;
  /** Whether it is one container with one model: then nothing has to be chosen. */
  readonly plain: boolean;
  readonly instances: readonly Instance[];
}

/** A container of a variant's model. */
export interface RoutedContainer {
  /** `primary`, or its own name. */
  readonly name: string;
  readonly multiModel: boolean;
}

/** Where the invocations of an endpoint go. It never changes: a change of the endpoint makes another one. */
export class TrafficRoute {
  readonly #variants: readonly RoutedVariant[];
  readonly #totalWeight: number;

  constructor(deployment: EndpointDeployment, instances: ReadonlyMap<string, Instance>) {
    this.#variants = deployment.variants.map((variant) => ({
      name: variant.name,
      weight: variant.weight,
      ...routedContainers(variant),
      instances: variant.instances.map((id) => instances.get(id)).filter((each) => each !== undefined),
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

function routedContainers(
  model: ModelContainers,
): Pick<RoutedVariant, 'containers' | 'executionMode' | 'plain'> {
  const names = containerNames(model);
  const containers = model.containers.map((container, index) => ({
    name: names[index] as string,
    multiModel: isMultiModel(container),
  }));
  const { executionMode } = model;
  const plain = executionMode === 'Serial' && containers.length === 1 && !containers[0]?.multiModel;
  return { containers, executionMode, plain };
}

/** What an invocation needs of an instance. */
export interface InstanceNeeds {
  /** The places in the model of the containers that it goes through. */
  readonly containers: readonly number[];
  readonly targetModel: string | undefined;
}

/** The instance that has the least to do: of those whose containers are healthy, and of these one that has the model. */
export function suitableInstance(
  { instances }: RoutedVariant,
  { containers, targetModel }: InstanceNeeds,
): Instance | undefined {
  const healthy = instances.filter((instance) => instance.isHealthy(containers));
  const having =
    targetModel === undefined ? [] : healthy.filter((instance) => instance.hasModel(targetModel));
  const among = having.length > 0 ? having : healthy;
  return among.toSorted((a, b) => a.active - b.active)[0];
}

/** The healthy instance of a plain variant that has the least to do. */
export function leastBusy({ instances }: RoutedVariant): Instance | undefined {
  let best: Instance | undefined;
  for (const instance of instances) {
    if (instance.pool && (!best || instance.active < best.active)) best = instance;
  }
  return best;
}
