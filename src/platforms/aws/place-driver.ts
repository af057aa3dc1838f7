import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from '../../objects/index.ts';
import type { Driver, DriverPlan } from '../request/drive-training.ts';
import { isThere } from './is-there.ts';

const TOOLKIT = join(import.meta.dirname, '..', '..', 'toolkit');
const PREFIX = 'sluice/driver/';

/** A driver with its plan, and where a platform finds them once they were brought there. */
export interface PlacedDriver {
  /** A prefix that ends in `/`. */
  readonly driverUri: string;
  bring(): Promise<void>;
}

/** The driver of a training job, and what it is to do: each pair once. */
export async function placeDriver(
  driver: Driver,
  plan: DriverPlan,
  { store, bucket }: { readonly store: ObjectStore; readonly bucket: string },
): Promise<PlacedDriver> {
  const files = {
    [driver]: await readFile(join(TOOLKIT, driver), 'utf8'),
    // Last: with it all is there.
    'plan.json': JSON.stringify(plan),
  };
  const digest = createHash('sha256').update(JSON.stringify(files)).digest('hex');
  const prefix = `${PREFIX}${digest}/`;
  return {
    driverUri: `s3://${bucket}/${prefix}`,
    async bring() {
      if (await isThere(store, bucket, `${prefix}plan.json`)) return;
      for (const [name, text] of Object.entries(files)) await store.put(bucket, `${prefix}${name}`, text);
    },
  };
}
