/**
 * Which instance types each type of job may have: `instance-types.ts` has them all.
 *
 * Source: `TrainingInstanceType`, `ProcessingInstanceType`, `TransformInstanceType` and `ProductionVariantInstanceType` of
 * SageMaker's service model (botocore 1.44.8), which a test compares.
 */

/** Families, and single types, that a type of job does not have. */
const MISSING: Readonly<Record<string, readonly string[]>> = {
  training: words(
    't2 m5d m6g m6gd m8g c4.large c5.large c5d c6g c6gd c6gn c6i.large c6in c7g c7i-flex.large c8g c8i.large c8i-flex.large r6g r6gd r7gd r8g dl1 inf1 inf2',
  ),
  processing: words(
    't2 m5d m6g m6gd m8g c4.large c5.large c5d c5n c6g c6gd c6gn c6i.large c6in c7g c7i-flex.large c8g c8i.large c8i-flex.large r6g r6gd r7gd r8g p3dn p4d p4de p5.48xlarge p5e p5en p6-b200 p6-b300 p6e-gb200 dl1 inf1 inf2 trn1 trn1n trn2',
  ),
  batch_transform: words(
    't2 t3 m5d m6g m6gd m7i-flex m8g m8i m8i-flex c4.large c5.large c5d c5n c6g c6gd c6gn c6in c7g c7i-flex c8g c8i c8i-flex r5 r5d r6g r6gd r7gd r8g r8i r8i-flex g7 g7e p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 dl1 inf1 trn1n trn2',
  ),
  endpoint: words(
    't3 m7i-flex m8i m8i-flex c5n c7i-flex c8i c8i-flex r5.8xlarge r5.16xlarge r5d.8xlarge r5d.16xlarge r8i r8i-flex p3dn',
  ),
};

const NAMES: Readonly<Record<string, string>> = {
  training: 'training jobs',
  processing: 'processing jobs',
  batch_transform: 'batch transforms',
  endpoint: 'endpoints',
};

/** What is wrong with an instance type for a type of job; undefined: nothing. `local` is this machine. Pure. */
export function lacksInstanceType(jobType: string, name: string): string | undefined {
  const [prefix, family = '', size = ''] = name.split('.');
  const missing = MISSING[jobType] ?? [];
  if (prefix !== 'ml' || !(missing.includes(family) || missing.includes(`${family}.${size}`)))
    return undefined;
  return `SageMaker has no ${name} for ${NAMES[jobType]}; choose another instance type, such as ml.m5.xlarge`;
}

function words(text: string): string[] {
  return text.split(' ');
}
