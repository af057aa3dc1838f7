import { type Account, defaultBucket } from '../../core/account.ts';
import type { TaskInvocation } from '../platform.ts';

/** Where a job's outputs go: the invocation's own place, else the job's name in SageMaker's default bucket. No trailing slash. */
export function outputUri(invocation: TaskInvocation, account: Account): string {
  return (invocation.outputUri ?? `s3://${defaultBucket(account)}/${invocation.jobName}`).replace(/\/+$/, '');
}

/** Where a job's own things lie: each attempt has its own name, so that attempts never mix. */
export function jobUri(invocation: TaskInvocation, account: Account): string {
  const base = outputUri(invocation, account);
  return base.endsWith(`/${invocation.jobName}`) ? base : `${base}/${invocation.jobName}`;
}

/** Where a job's code is put, a prefix that ends in `/`. */
export function codeUri(invocation: TaskInvocation, account: Account): string {
  return `${jobUri(invocation, account)}/code/`;
}

/** Where the properties of a Spark application are put, a prefix that ends in `/`. */
export function sparkConfUri(invocation: TaskInvocation, account: Account): string {
  return `${jobUri(invocation, account)}/conf/`;
}

/** S3OutputPath of a training job: SageMaker adds `/<job>/output/model.tar.gz`. */
export function trainingOutputPath(invocation: TaskInvocation, account: Account): string {
  const uri = jobUri(invocation, account);
  return uri.slice(0, uri.length - invocation.jobName.length - 1);
}
