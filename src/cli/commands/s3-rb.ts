import type { Command } from 'commander';
import type { OpenStores } from '../../objects/index.ts';
import { requireS3 } from '../s3/place.ts';
import { addStoreOptions, refuse, withStores } from '../s3/run-s3.ts';

/** `sluice s3 rb` */
export function configure(command: Command): void {
  addStoreOptions(command)
    .argument('<uri>', 's3://bucket')
    .option('--force', 'remove its objects first')
    .addHelpText('after', '\nExamples:\n  sluice s3 rb s3://bucket\n  sluice s3 rb s3://bucket --force')
    .action(async (uri: string, { force = false }: { readonly force?: boolean }) => {
      const { bucket, key } = requireS3(uri);
      if (key !== '') refuse(`Expected a bucket alone, such as s3://${bucket}, got '${uri}'.`);
      await withStores(command, async (stores) => {
        if (force) await empty(stores, bucket);
        await stores.store(bucket).deleteBucket(bucket);
      });
      process.stdout.write(`remove_bucket: ${bucket}\n`);
    });
}

async function empty(stores: OpenStores, bucket: string): Promise<void> {
  const store = stores.store(bucket);
  for await (const { key } of store.list(bucket)) {
    await store.delete(bucket, key);
    process.stdout.write(`delete: s3://${bucket}/${key}\n`);
  }
}
