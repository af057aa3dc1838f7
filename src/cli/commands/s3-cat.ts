import type { Command } from 'commander';
import { requireS3 } from '../s3/place.ts';
import { addStoreOptions, refuse, withStores } from '../s3/run-s3.ts';

/** `sluice s3 cat` */
export function configure(command: Command): void {
  addStoreOptions(command)
    .argument('<uri...>', 's3://bucket/key; several are printed one after another')
    .addHelpText(
      'after',
      `
Examples:
  sluice s3 cat s3://bucket/data/train.csv | head
  sluice s3 cat s3://bucket/part-0 s3://bucket/part-1 > whole`,
    )
    .action(async (uris: readonly string[]) => {
      await withStores(command, async (stores) => {
        for (const uri of uris) {
          const { bucket, key } = requireS3(uri);
          if (key === '') refuse(`Expected a key after the bucket in '${uri}'.`);
          const { body } = await stores.store(bucket).get(bucket, key);
          for await (const piece of body) if (!(await print(piece))) return;
        }
      });
    });
}

/** False once nobody reads any more. */
function print(piece: Uint8Array): Promise<boolean> {
  return new Promise((done) => {
    process.stdout.write(piece, (error) => done(!error));
  });
}
