/**
 * What SageMaker's platform asks of a container that serves many models.
 *
 * Source: AWS developer guide, "Custom Containers Contract for Multi-Model Endpoints".
 */
import { join } from 'node:path';
import type { Pool } from 'undici';
import { MODELS_DIRECTORY } from '../../../contract/paths.ts';
import { hostPath } from '../../../hosts/index.ts';

/** The model that a request was made for, as the client named it. */
export const TARGET_MODEL_HEADER = 'x-amzn-sagemaker-target-model';

/** The most of an answer that is shown, bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** How to speak to a container. */
export interface ModelContainerOptions {
  readonly pool: Pool;
  /** What the container sees as /opt/ml. */
  readonly mlDirectory: string;
  /** Whether it sees it at that very path. */
  readonly realPaths: boolean;
  /** For one answer, milliseconds. */
  readonly limitMs: number;
}

/** A model as the platform and the container know it. */
export interface NamedModel {
  readonly id: string;
  /** TargetModel. */
  readonly target: string;
}

/** What a container answered. */
export interface ContainerAnswer {
  readonly status: number;
  /** Undefined when it is too long to be shown. */
  readonly text: string | undefined;
}

/** A container that serves many models. */
export class ModelContainer {
  readonly #options: ModelContainerOptions;

  constructor(options: ModelContainerOptions) {
    this.#options = options;
  }

  /** Loads a model that lies below /opt/ml/models. @throws Error when the container does not answer */
  load({ id, target }: NamedModel, signal: AbortSignal): Promise<ContainerAnswer> {
    const { mlDirectory, realPaths } = this.#options;
    const path = `${MODELS_DIRECTORY}/${id}/model`;
    const url = realPaths ? path : hostPath(mlDirectory, path);
    const body = JSON.stringify({ model_name: id, url });
    return this.#ask('POST', '/models', target, signal, body);
  }

  /** Unloads a model. @throws Error when the container does not answer */
  unload({ id, target }: NamedModel, signal: AbortSignal): Promise<ContainerAnswer> {
    return this.#ask('DELETE', join('/models', id), target, signal);
  }

  async #ask(
    method: 'POST' | 'DELETE',
    path: string,
    target: string,
    signal: AbortSignal,
    body?: string,
  ): Promise<ContainerAnswer> {
    const { pool, limitMs } = this.#options;
    const { statusCode: status, body: answer } = await pool.request({
      method,
      path,
      headers: {
        accept: 'application/json',
        [TARGET_MODEL_HEADER]: target,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      headersTimeout: limitMs,
      bodyTimeout: limitMs,
      signal,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
    }
    return { status, text: bytes <= MAX_ANSWER_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined };
  }
}
