import { expect, test } from 'vitest';
import { findInstanceType, instanceTypeNames } from '../../src/contract/instance-types.ts';
import { lacksInstanceType } from '../../src/contract/instance-types-of-jobs.ts';
import { sagemakerModel } from '../../src/server/wire/model/sagemaker.gen.ts';

test('every instance type of SageMaker is known', () => {
  const { shapes } = sagemakerModel;
  const names = [
    shapes.TrainingInstanceType,
    shapes.ProcessingInstanceType,
    shapes.TransformInstanceType,
    shapes.ProductionVariantInstanceType,
  ].flatMap((shape): readonly string[] => shape.enum);
  expect(names.filter((name) => findInstanceType(name) === undefined)).toEqual([]);
});

test.each(['training', 'processing', 'batch_transform', 'endpoint'] as const)(
  'the instance types of a %s job are those of SageMaker',
  (type) => {
    const { shapes } = sagemakerModel;
    const { enum: own } = {
      training: shapes.TrainingInstanceType,
      processing: shapes.ProcessingInstanceType,
      batch_transform: shapes.TransformInstanceType,
      endpoint: shapes.ProductionVariantInstanceType,
    }[type];
    const lacking = instanceTypeNames().filter((name) => lacksInstanceType(type, name) !== undefined);
    const there: readonly string[] = own;
    expect(lacking).toEqual(instanceTypeNames().filter((name) => !there.includes(name)));
  },
);

test('every name that is listed is known, once', () => {
  const names = instanceTypeNames();
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => findInstanceType(name) === undefined)).toEqual([]);
});

test.each([
  ['ml.m5.large', 2, 8, 0],
  ['ml.m5.24xlarge', 96, 384, 0],
  ['ml.t3.medium', 2, 4, 0],
  ['ml.c4.8xlarge', 36, 60, 0],
  ['ml.c5.9xlarge', 36, 72, 0],
  ['ml.r8g.medium', 1, 8, 0],
  ['ml.g4dn.12xlarge', 48, 192, 4],
  ['ml.g5.16xlarge', 64, 256, 1],
  ['ml.g6e.48xlarge', 192, 1536, 8],
  ['ml.p2.16xlarge', 64, 732, 16],
  ['ml.p3.2xlarge', 8, 61, 1],
  ['ml.p4d.24xlarge', 96, 1152, 8],
  ['ml.p5.4xlarge', 16, 256, 1],
  ['ml.p5.48xlarge', 192, 2048, 8],
  ['ml.p6-b200.48xlarge', 192, 2048, 8],
  ['ml.trn1.32xlarge', 128, 512, 0],
])('%s has %i vCPUs, %i GiB and %i GPUs', (name, vcpus, memoryGiB, gpus) => {
  expect(findInstanceType(name)).toEqual({ vcpus, memoryGiB, gpus });
});

test.each(['ml.m5.xlarg', 'm5.large', 'ml.m5', 'ml.m5.large.x', 'ml.constructor.large', 'local', ''])(
  "'%s' is no instance type",
  (name) => {
    expect(findInstanceType(name)).toBeUndefined();
  },
);
