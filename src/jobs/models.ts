import type { CreateModelInput } from '@aws-sdk/client-sagemaker';
import { resourceArn } from '../contract/arns.ts';
import { validateJobName } from '../contract/names.ts';
import { SluiceError } from '../core/errors.ts';
import { createResource, getResource, type ResourceRecord } from '../state/index.ts';
import type { JobsContext } from './context.ts';

/** The models that transform jobs serve. */
export class ModelService {
  readonly #context: JobsContext;

  constructor(context: JobsContext) {
    this.#context = context;
  }

  /** Keeps a model; one that has the name stays as it is. Resolves with its ARN. @throws SluiceError `InvalidArgument` */
  async put(request: CreateModelInput): Promise<string> {
    const name = request.ModelName ?? '';
    validateJobName(name, 'ModelName');
    const arn = resourceArn(this.#context.account, 'model', name);
    const createdAt = this.#context.clock().getTime();
    await createResource(this.#context.state, 'model', { name, arn, createdAt, request });
    return arn;
  }

  /** @throws SluiceError `ModelNotFound` */
  async get(name: string): Promise<ResourceRecord<CreateModelInput>> {
    const model = await getResource<CreateModelInput>(this.#context.state, 'model', name);
    if (model) return model;
    throw new SluiceError(
      'ModelNotFound',
      `Could not find model "${resourceArn(this.#context.account, 'model', name)}".`,
      {
        hint: 'Create the model first, or correct ModelName.',
      },
    );
  }
}
