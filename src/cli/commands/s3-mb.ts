import type { Command } from 'commander';
import { requireS3 } from '../s3/place.ts';
import { addStoreOptions, refuse, withStores } from '../s3/run-s3.ts';

/** `sluice s3 mb` */
export function configure(command: Command): void {
  addStoreOptions(command)
    .argument('<uri>', 's3://bucket')
    .addHelpText('after', '\nExamples:\n  sluice s3 mb s3://bucket')
    .action(async (uri: string) => {
      const { bucket, key } = requireS3(uri);
      if (key !== '') refuse(`Expected a bucket alone, such as s3://${bucket}, got '${uri}'.`);
      await withStores(command, (stores) => stores.store(bucket).createBucket(bucket));
      process.stdout.write(`make_bucket: ${bucket}\n`);
    });
}
