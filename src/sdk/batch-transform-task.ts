import type { BatchTransformTask, Variable } from '../graph/index.ts';
import { callSite } from './call-site.ts';
import { defineTask } from './define-task.ts';
import { type JobOptions, jobCommon, pick } from './job-options.ts';
import type { InputValue, Reference } from './references.ts';
import type { TaskCall } from './task-call.ts';

const transformFields = [
  'modelName',
  'contentType',
  'accept',
  'strategy',
  'maxPayloadInMB',
  'maxConcurrentTransforms',
  'dataProcessing',
] as const;

/** What a batch transform task says of itself. */
export interface BatchTransformTaskOptions
  extends JobOptions,
    Partial<
      Pick<
        BatchTransformTask,
        (typeof transformFields)[number] | 'splitType' | 'compressionType' | 'assembleWith'
      >
    > {}

/** What a call of a batch transform task gives. */
export type BatchTransformInputs<Options> = {
  /** The objects to transform. */
  readonly input: InputValue<'uri', string>;
} & (Options extends { readonly modelName: string }
  ? Record<never, never>
  : {
      /** model.tar.gz */
      readonly model: InputValue<'uri', string>;
    });

/** What a batch transform job leaves. */
export interface BatchTransformOutputs {
  /** One `.out` for each input object. */
  readonly output: Reference<'uri', string>;
}

/** A step that is a SageMaker batch transform job, with the model it serves. */
export function batchTransformTask<const Options extends BatchTransformTaskOptions>(
  name: string,
  options: Options & Record<Exclude<keyof Options, keyof BatchTransformTaskOptions>, never>,
): TaskCall<BatchTransformInputs<Options>, BatchTransformOutputs> {
  const site = callSite();
  const place: Variable = { type: 'uri' };
  const given: BatchTransformTaskOptions = options;
  const task: BatchTransformTask = {
    type: 'batch_transform',
    ...jobCommon(name, given, site),
    interface: {
      inputs: given.modelName === undefined ? { model: place, input: place } : { input: place },
      outputs: { output: place },
    },
    splitType: given.splitType ?? 'None',
    compressionType: given.compressionType ?? 'None',
    assembleWith: given.assembleWith ?? 'None',
    ...pick(given, transformFields),
  };
  return defineTask(task, site.directory);
}
