import type { BatchTransformTask, Variable } from '../graph/index.ts';
import { callSite, toUri } from './call-site.ts';
import { channelVariable } from './channel-input.ts';
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
    > {
  /** The objects to transform, where a call need not give them: `s3://…`, or a path. */
  readonly inputLocation?: string;
  /** TransformOutput.S3OutputPath: `s3://…`, or a path. @default a place of the run */
  readonly outputLocation?: string;
}

const ownOptions: readonly string[] = [
  ...transformFields,
  'splitType',
  'compressionType',
  'assembleWith',
  'inputLocation',
  'outputLocation',
] satisfies (keyof BatchTransformTaskOptions)[];

/** What a call of a batch transform task gives. */
export type BatchTransformInputs<Options> = (Options extends { readonly inputLocation: string }
  ? { readonly input?: InputValue<'uri', string> }
  : {
      /** The objects to transform. */
      readonly input: InputValue<'uri', string>;
    }) &
  (Options extends { readonly modelName: string }
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
    ...jobCommon(name, given, site, ownOptions),
    interface: {
      inputs: {
        ...(given.modelName === undefined && { model: place }),
        input: channelVariable(given.inputLocation, site.directory),
      },
      outputs: { output: place },
    },
    splitType: given.splitType ?? 'None',
    compressionType: given.compressionType ?? 'None',
    assembleWith: given.assembleWith ?? 'None',
    ...(given.outputLocation !== undefined && {
      s3OutputPath: toUri(given.outputLocation, site.directory),
    }),
    ...pick(given, transformFields),
  };
  return defineTask(task, site.directory);
}
