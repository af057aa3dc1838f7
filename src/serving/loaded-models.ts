import { statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { HttpError } from './http-error.ts';
import { ModelProcess, type ModelProcessOptions } from './model-process.ts';

/** What models are loaded with. */
export interface LoadedModelsOptions extends Pick<ModelProcessOptions, 'command' | 'environment'> {
  /** While less of the machine's memory is left, no further model is loaded: percent. */
  readonly minFreeMemoryPercent: number;
}

/** A model that is loaded, or is being loaded. */
interface Model {
  readonly url: string;
  /** Rejects with HttpError. */
  readonly process: Promise<ModelProcess>;
}

/** The models of a server, each in a process of its own. */
export class LoadedModels {
  readonly #options: LoadedModelsOptions;
  readonly #models = new Map<string, Model>();

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
  }

  /** Name and directory of each model, by name. */
  list(): { readonly modelName: string; readonly modelUrl: string }[] {
    return [...this.#models]
      .map(([modelName, { url }]) => ({ modelName, modelUrl: url }))
      .sort((a, b) => (a.modelName < b.modelName ? -1 : 1));
  }

  /**
   * Loads a model. `signal` gives it up.
   *
   * @throws HttpError 409 when it is loaded already, 507 when there is not enough memory, 400, 500
   */
  async load(name: string, url: string, signal: AbortSignal): Promise<void> {
    const loading = this.#models.get(name);
    if (loading) {
      await loading.process;
      throw new HttpError(409, `Model ${name} is loaded already.`);
    }
    if (!statSync(url, { throwIfNoEntry: false })?.isDirectory()) {
      throw new HttpError(400, `url: expected a directory that holds a model, got '${url}'.`);
    }
    if (this.#models.size > 0 && freePercent() < this.#options.minFreeMemoryPercent) {
      throw new HttpError(507, `Less than ${this.#options.minFreeMemoryPercent} % of the memory is left.`);
    }
    const { command, environment } = this.#options;
    const process = ModelProcess.start({ command, environment, directory: url, signal });
    const model = { url, process };
    this.#models.set(name, model);
    const forget = (): void => {
      if (this.#models.get(name) === model) this.#models.delete(name);
    };
    process.then(({ ended }) => ended.then(forget), forget);
    await process;
  }

  /** The process of a model. @throws HttpError 404 */
  async get(name: string): Promise<ModelProcess> {
    const model = this.#models.get(name);
    if (!model) throw new HttpError(404, `Model ${name} is not loaded.`);
    return model.process;
  }

  /** The directory of a model. @throws HttpError 404 */
  async urlOf(name: string): Promise<string> {
    await this.get(name);
    return this.#models.get(name)?.url ?? '';
  }

  /** Ends a model's process once its requests are answered. @throws HttpError 404 */
  async unload(name: string): Promise<void> {
    const process = await this.get(name);
    this.#models.delete(name);
    await process.stop();
  }

  /** Ends all. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#models.keys()].map((name) => this.unload(name)));
  }
}

/** How much of the memory that this process may use is left. */
function freePercent(): number {
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return (process.availableMemory() / total) * 100;
}
