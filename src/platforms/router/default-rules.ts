import type { RouterRule } from '../../core/platforms-settings.ts';

/**
 * The flowchart "When to Use SageMaker vs Other Platforms" of the Flyte SageMaker Integration Guide, branch by branch: its
 * place first, then those that could do the same, in the order in which they are tried where that has no room or is not
 * enabled. Below a bound is the first branch, from the bound on the second; 24 h itself is medium; GB is 10⁹.
 */
export const DEFAULT_RULES: readonly (RouterRule & { readonly name: string })[] = [
  {
    name: 'training under 1 h',
    when: "job_type == 'training' and duration < 1 h",
    platforms: ['kubernetes', 'local', 'sagemaker', 'batch', 'coreweave'],
  },
  {
    name: 'training of 1 to 24 h',
    when: "job_type == 'training' and duration <= 24 h",
    platforms: ['sagemaker', 'kubernetes', 'batch', 'coreweave', 'local'],
  },
  {
    name: 'training over 24 h with GPUs',
    when: "job_type == 'training' and requires_gpu",
    platforms: ['coreweave', 'sagemaker', 'kubernetes', 'batch', 'local'],
  },
  {
    name: 'training over 24 h without GPUs',
    when: "job_type == 'training'",
    platforms: ['batch', 'sagemaker', 'kubernetes', 'coreweave', 'local'],
  },
  {
    name: 'inference under 1 GB',
    when: "job_type == 'batch_transform' and data_size < 1 GB",
    platforms: ['kubernetes', 'local', 'sagemaker', 'batch', 'coreweave'],
  },
  {
    name: 'inference from 1 GB',
    when: "job_type == 'batch_transform'",
    platforms: ['sagemaker', 'kubernetes', 'batch', 'coreweave', 'local'],
  },
  {
    name: 'processing with Spark',
    when: "job_type == 'processing' and framework == 'spark'",
    platforms: ['emr', 'sagemaker', 'local'],
  },
  {
    name: 'processing with scikit-learn',
    when: "job_type == 'processing' and framework == 'scikit-learn'",
    platforms: ['sagemaker', 'kubernetes', 'batch', 'coreweave', 'local'],
  },
  {
    name: 'processing in an image under 2 GB',
    when: "job_type == 'processing' and image_size < 2 GB",
    platforms: ['kubernetes', 'local', 'sagemaker', 'batch', 'coreweave'],
  },
  {
    name: 'processing in an image from 2 GB',
    when: "job_type == 'processing'",
    platforms: ['sagemaker', 'kubernetes', 'batch', 'coreweave', 'local'],
  },
  {
    name: 'real-time inference under 100 ms',
    when: "job_type == 'endpoint' and max_latency < 100 ms",
    platforms: ['sagemaker', 'kubernetes', 'local'],
  },
  {
    name: 'real-time inference from 100 ms',
    when: "job_type == 'endpoint'",
    platforms: ['kubernetes', 'sagemaker', 'local'],
  },
];
