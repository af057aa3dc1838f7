import { SPARK_CONF_FILE, sparkConfiguration } from '../../contract/spark.ts';
import type { Account } from '../../core/account.ts';
import type { ObjectStore } from '../../objects/index.ts';
import { parseS3Uri } from '../../objects/index.ts';
import type { TaskInvocation } from '../platform.ts';
import { sparkConfUri } from './locations.ts';

/** Puts Spark's properties where the request of a processing job names them; nothing where the task has none. */
export async function putSparkConf(
  invocation: TaskInvocation,
  account: Account,
  stores: { store(bucket: string): ObjectStore },
): Promise<void> {
  const { task } = invocation;
  if (task.type !== 'processing' || !task.spark?.conf) return;
  const { bucket, key } = parseS3Uri(`${sparkConfUri(invocation, account)}${SPARK_CONF_FILE}`);
  await stores.store(bucket).put(bucket, key, sparkConfiguration(task.spark.conf));
}
