import type { CreateModelInput } from '@aws-sdk/client-sagemaker';
import { resourceArn } from '../contract/arns.ts';
import { validateJobName } from '../contract/names.ts';
import { SluiceError } from '../core/errors.ts';
import { createModel, getModel, type ModelRecord } from '../state/index.ts';
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
    await createModel(this.#context.state, {
      name,
      arn,
      createdAt: this.#context.clock().getTime(),
      request,
    });
    return arn;
  }

  /** @throws SluiceError `ModelNotFound` */
  async get(name: string): Promise<ModelRecord<CreateModelInput>> {
    const model = await getModel<CreateModelInput>(this.#context.state, name);
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
