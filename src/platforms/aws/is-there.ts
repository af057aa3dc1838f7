import { SluiceError } from '../../core/errors.ts';
import type { ObjectStore } from '../../objects/index.ts';

/** Whether an object exists. */
export async function isThere(store: ObjectStore, bucket: string, key: string): Promise<boolean> {
  try {
    await store.head(bucket, key);
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'NoSuchKey') return false;
    throw error;
  }
}
