/**
 * SageMaker's instance types: what each has.
 *
 * Source: the names from SageMaker's service model (`TrainingInstanceType`, `ProcessingInstanceType`,
 * `TransformInstanceType`, `ProductionVariantInstanceType`), which a test compares; vCPUs, memory and GPUs from EC2's
 * instance type specifications, https://docs.aws.amazon.com/ec2/latest/instancetypes/, taken on 2026-11-27.
 *
 * Gaps: the memory of `g7`, and the GPUs of its sizes between the smallest and the largest, follow `g6` and `g7e`.
 * Accelerators that are no GPUs (Inferentia, Trainium, Gaudi) do not count.
 *
 * By design: one row for each family, because sizes follow one rule: an xlarge has 4 vCPUs, an Nxlarge N times as many.
 */

import { SluiceError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';

/** What one instance has. */
export interface InstanceType {
  readonly vcpus: number;
  readonly memoryGiB: number;
  /** NVIDIA GPUs. */
  readonly gpus: number;
}

interface Family {
  /** Its sizes, from small to large. */
  readonly sizes: string;
  readonly memoryGiBPerVcpu: number;
  /** Of each size, in their order. @default none */
  readonly gpus?: readonly number[];
}

const UP_TO_16 = 'large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge';
const FROM_MEDIUM = `medium ${UP_TO_16} 24xlarge 48xlarge`;
const G_SIZES = 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge';
const G_GPUS = [1, 1, 1, 1, 4, 1, 4, 8];
const G7_SIZES = '2xlarge 4xlarge 8xlarge 12xlarge 24xlarge 48xlarge';
const G7_GPUS = [1, 1, 1, 2, 4, 8];

const FAMILIES: Readonly<Record<string, Family>> = {
  t2: { sizes: 'medium large xlarge 2xlarge', memoryGiBPerVcpu: 4 },
  t3: { sizes: 'medium large xlarge 2xlarge', memoryGiBPerVcpu: 4 },
  m4: { sizes: 'xlarge 2xlarge 4xlarge 10xlarge 16xlarge', memoryGiBPerVcpu: 4 },
  m5: { sizes: 'large xlarge 2xlarge 4xlarge 12xlarge 24xlarge', memoryGiBPerVcpu: 4 },
  m5d: { sizes: 'large xlarge 2xlarge 4xlarge 12xlarge 24xlarge', memoryGiBPerVcpu: 4 },
  m6g: { sizes: UP_TO_16, memoryGiBPerVcpu: 4 },
  m6gd: { sizes: UP_TO_16, memoryGiBPerVcpu: 4 },
  m6i: { sizes: `${UP_TO_16} 24xlarge 32xlarge`, memoryGiBPerVcpu: 4 },
  m7i: { sizes: `${UP_TO_16} 24xlarge 48xlarge`, memoryGiBPerVcpu: 4 },
  'm7i-flex': { sizes: UP_TO_16, memoryGiBPerVcpu: 4 },
  m8g: { sizes: FROM_MEDIUM, memoryGiBPerVcpu: 4 },
  m8i: { sizes: `${UP_TO_16} 24xlarge 32xlarge 48xlarge 96xlarge`, memoryGiBPerVcpu: 4 },
  'm8i-flex': { sizes: UP_TO_16, memoryGiBPerVcpu: 4 },
  c4: { sizes: 'large xlarge 2xlarge 4xlarge 8xlarge', memoryGiBPerVcpu: 1.875 },
  c5: { sizes: 'large xlarge 2xlarge 4xlarge 9xlarge 18xlarge', memoryGiBPerVcpu: 2 },
  c5d: { sizes: 'large xlarge 2xlarge 4xlarge 9xlarge 18xlarge', memoryGiBPerVcpu: 2 },
  c5n: { sizes: 'xlarge 2xlarge 4xlarge 9xlarge 18xlarge', memoryGiBPerVcpu: 2.625 },
  c6g: { sizes: UP_TO_16, memoryGiBPerVcpu: 2 },
  c6gd: { sizes: UP_TO_16, memoryGiBPerVcpu: 2 },
  c6gn: { sizes: UP_TO_16, memoryGiBPerVcpu: 2 },
  c6i: { sizes: `${UP_TO_16} 24xlarge 32xlarge`, memoryGiBPerVcpu: 2 },
  c6in: { sizes: `${UP_TO_16} 24xlarge 32xlarge`, memoryGiBPerVcpu: 2 },
  c7g: { sizes: UP_TO_16, memoryGiBPerVcpu: 2 },
  c7i: { sizes: `${UP_TO_16} 24xlarge 48xlarge`, memoryGiBPerVcpu: 2 },
  'c7i-flex': { sizes: UP_TO_16, memoryGiBPerVcpu: 2 },
  c8g: { sizes: FROM_MEDIUM, memoryGiBPerVcpu: 2 },
  c8i: { sizes: `${UP_TO_16} 24xlarge 32xlarge 48xlarge 96xlarge`, memoryGiBPerVcpu: 2 },
  'c8i-flex': { sizes: UP_TO_16, memoryGiBPerVcpu: 2 },
  r5: { sizes: `${UP_TO_16} 24xlarge`, memoryGiBPerVcpu: 8 },
  r5d: { sizes: `${UP_TO_16} 24xlarge`, memoryGiBPerVcpu: 8 },
  r6g: { sizes: UP_TO_16, memoryGiBPerVcpu: 8 },
  r6gd: { sizes: UP_TO_16, memoryGiBPerVcpu: 8 },
  r6i: { sizes: `${UP_TO_16} 24xlarge 32xlarge`, memoryGiBPerVcpu: 8 },
  r7gd: { sizes: `medium ${UP_TO_16}`, memoryGiBPerVcpu: 8 },
  r7i: { sizes: `${UP_TO_16} 24xlarge 48xlarge`, memoryGiBPerVcpu: 8 },
  r8g: { sizes: FROM_MEDIUM, memoryGiBPerVcpu: 8 },
  r8i: { sizes: `${UP_TO_16} 24xlarge 32xlarge 48xlarge 96xlarge`, memoryGiBPerVcpu: 8 },
  'r8i-flex': { sizes: UP_TO_16, memoryGiBPerVcpu: 8 },
  g4dn: {
    sizes: 'xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge',
    memoryGiBPerVcpu: 4,
    gpus: [1, 1, 1, 1, 4, 1],
  },
  g5: { sizes: G_SIZES, memoryGiBPerVcpu: 4, gpus: G_GPUS },
  g6: { sizes: G_SIZES, memoryGiBPerVcpu: 4, gpus: G_GPUS },
  g6e: { sizes: G_SIZES, memoryGiBPerVcpu: 8, gpus: G_GPUS },
  g7: { sizes: G7_SIZES, memoryGiBPerVcpu: 4, gpus: G7_GPUS },
  g7e: { sizes: G7_SIZES, memoryGiBPerVcpu: 8, gpus: G7_GPUS },
  p2: { sizes: 'xlarge 8xlarge 16xlarge', memoryGiBPerVcpu: 15.25, gpus: [1, 8, 16] },
  p3: { sizes: '2xlarge 8xlarge 16xlarge', memoryGiBPerVcpu: 7.625, gpus: [1, 4, 8] },
  p3dn: { sizes: '24xlarge', memoryGiBPerVcpu: 8, gpus: [8] },
  p4d: { sizes: '24xlarge', memoryGiBPerVcpu: 12, gpus: [8] },
  p4de: { sizes: '24xlarge', memoryGiBPerVcpu: 12, gpus: [8] },
  p5: { sizes: '4xlarge 48xlarge', memoryGiBPerVcpu: 16, gpus: [1, 8] },
  p5e: { sizes: '48xlarge', memoryGiBPerVcpu: 2048 / 192, gpus: [8] },
  p5en: { sizes: '48xlarge', memoryGiBPerVcpu: 2048 / 192, gpus: [8] },
  'p6-b200': { sizes: '48xlarge', memoryGiBPerVcpu: 2048 / 192, gpus: [8] },
  'p6-b300': { sizes: '48xlarge', memoryGiBPerVcpu: 4096 / 192, gpus: [8] },
  'p6e-gb200': { sizes: '36xlarge', memoryGiBPerVcpu: 960 / 144, gpus: [4] },
  dl1: { sizes: '24xlarge', memoryGiBPerVcpu: 8 },
  inf1: { sizes: 'xlarge 2xlarge 6xlarge 24xlarge', memoryGiBPerVcpu: 2 },
  inf2: { sizes: 'xlarge 8xlarge 24xlarge 48xlarge', memoryGiBPerVcpu: 4 },
  trn1: { sizes: '2xlarge 32xlarge', memoryGiBPerVcpu: 4 },
  trn1n: { sizes: '32xlarge', memoryGiBPerVcpu: 4 },
  trn2: { sizes: '48xlarge', memoryGiBPerVcpu: 2048 / 192 },
};

/** Sizes that the rule gets wrong. */
const EXCEPTIONS: Readonly<Record<string, Partial<InstanceType>>> = {
  'c4.8xlarge': { vcpus: 36, memoryGiB: 60 },
  'c5n.9xlarge': { memoryGiB: 96 },
  'c5n.18xlarge': { memoryGiB: 192 },
  't2.medium': { vcpus: 2, memoryGiB: 4 },
  't3.medium': { vcpus: 2, memoryGiB: 4 },
  'p2.16xlarge': { memoryGiB: 732 },
  'p5.48xlarge': { memoryGiB: 2048 },
};

/** What an instance type such as `ml.m5.xlarge` has; undefined for an unknown one, and for `local`. */
export function findInstanceType(name: string): InstanceType | undefined {
  const [prefix, familyName = '', size = '', ...more] = name.split('.');
  if (prefix !== 'ml' || more.length > 0 || !Object.hasOwn(FAMILIES, familyName)) return undefined;
  const family = FAMILIES[familyName] as Family;
  const position = family.sizes.split(' ').indexOf(size);
  if (position === -1) return undefined;
  const vcpus = vcpusOf(size);
  const exception = EXCEPTIONS[`${familyName}.${size}`];
  return {
    vcpus,
    memoryGiB: Math.round(vcpus * family.memoryGiBPerVcpu * 100) / 100,
    gpus: family.gpus?.[position] ?? 0,
    ...exception,
  };
}

/** The names of all instance types. */
export function instanceTypeNames(): string[] {
  return Object.entries(FAMILIES).flatMap(([family, { sizes }]) =>
    sizes.split(' ').map((size) => `ml.${family}.${size}`),
  );
}

/** @throws SluiceError `InvalidArgument` for an instance type that SageMaker does not have. `local` is this machine. */
export function validateInstanceType(name: unknown, field = 'instanceType'): void {
  if (typeof name !== 'string') {
    throw new SluiceError(
      'InvalidArgument',
      `${field}: expected an instance type such as ml.m5.xlarge, got ${String(name)}.`,
    );
  }
  if (name === 'local' || findInstanceType(name)) return;
  const meant = didYouMean(name, instanceTypeNames());
  throw new SluiceError(
    'InvalidArgument',
    `${field}: '${name}' is no instance type of SageMaker. ${meant || 'One is ml.m5.xlarge, or local.'}`,
  );
}

function vcpusOf(size: string): number {
  if (size === 'medium') return 1;
  if (size === 'large') return 2;
  return 4 * Number(size.replace('xlarge', '') || 1);
}
