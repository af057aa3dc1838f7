import type { Command } from 'commander';
import { writeOut } from '../../core/standard-streams.ts';
import type { ObjectStore, ObjectSummary } from '../../objects/index.ts';
import { readContext } from '../context.ts';
import { printJson } from '../output.ts';
import { requireS3 } from '../s3/place.ts';
import { formatBytes } from '../s3/progress.ts';
import { addStoreOptions, withStores } from '../s3/run-s3.ts';

interface Options {
  readonly recursive?: boolean;
  readonly humanReadable?: boolean;
  readonly summarize?: boolean;
}

/** S3 gives so many keys and prefixes at once. */
const PAGE = 1000;

/** `sluice s3 ls` */
export function configure(command: Command): void {
  addStoreOptions(command)
    .argument('[uri]', 's3://bucket or s3://bucket/prefix; without it the buckets are listed')
    .option('--recursive', 'list all objects below the prefix')
    .option('--human-readable', 'show sizes in KiB, MiB, …')
    .option('--summarize', 'show the number of objects and their size at the end')
    .addHelpText(
      'after',
      `
Examples:
  sluice s3 ls
  sluice s3 ls s3://bucket/data/
  sluice s3 ls s3://bucket --recursive --human-readable --summarize`,
    )
    .action(async (uri: string | undefined, options: Options) => {
      const { json } = readContext(command);
      await withStores(command, async (stores) => {
        if (uri === undefined || uri === 's3://') return listBuckets(stores.store(''), json);
        const { bucket, key } = requireS3(uri);
        await listObjects(stores.store(bucket), bucket, key, { ...options, json });
      });
    });
}

async function listBuckets(store: ObjectStore, json: boolean): Promise<void> {
  for (const { name, created } of await store.listBuckets()) {
    if (json) printJson({ bucket: name, created });
    else await writeOut(`${formatDate(created)} ${name}\n`);
  }
}

async function listObjects(
  store: ObjectStore,
  bucket: string,
  prefix: string,
  options: Options & { readonly json: boolean },
): Promise<void> {
  const total = { objects: 0, bytes: 0 };
  let found = false;
  const lines = listLines(store, bucket, prefix, options.recursive ?? false);
  for await (const line of prefixesFirst(lines)) {
    found = true;
    if (typeof line === 'string') await printPrefix(line, prefix, options.json);
    else {
      total.objects++;
      total.bytes += line.size;
      if (!(await printObject(line, prefix, options))) return;
    }
  }
  if (!found && prefix !== '') process.exitCode = 1;
  if (!options.summarize || options.json) return;
  const size = options.humanReadable ? formatBytes(total.bytes) : String(total.bytes);
  await writeOut(`\nTotal Objects: ${total.objects}\n   Total Size: ${size}\n`);
}

/** Objects, and the prefixes up to the next slash, which are not walked. */
async function* listLines(
  store: ObjectStore,
  bucket: string,
  prefix: string,
  recursive: boolean,
): AsyncGenerator<ObjectSummary | string> {
  for (let startAfter = '', more = true; more; ) {
    more = false;
    for await (const object of store.list(bucket, { prefix, ...(startAfter && { startAfter }) })) {
      const slash = recursive ? -1 : object.key.indexOf('/', prefix.length);
      if (slash < 0) {
        yield object;
        continue;
      }
      const common = object.key.slice(0, slash + 1);
      yield common;
      startAfter = `${common}\u{10ffff}`;
      more = true;
      break;
    }
  }
}

/** As the AWS CLI shows them: of each page, the prefixes come before the objects. */
async function* prefixesFirst(
  lines: AsyncIterable<ObjectSummary | string>,
): AsyncGenerator<ObjectSummary | string> {
  let objects: ObjectSummary[] = [];
  let count = 0;
  for await (const line of lines) {
    if (typeof line === 'string') yield line;
    else objects.push(line);
    if (++count % PAGE > 0) continue;
    yield* objects;
    objects = [];
  }
  yield* objects;
}

async function printPrefix(common: string, prefix: string, json: boolean): Promise<void> {
  if (json) return printJson({ prefix: common });
  await writeOut(`${' '.repeat(27)}PRE ${common.slice(prefix.lastIndexOf('/') + 1)}\n`);
}

async function printObject(
  { key, size, lastModified }: ObjectSummary,
  prefix: string,
  { recursive, humanReadable, json }: Options & { readonly json: boolean },
): Promise<boolean> {
  if (json) {
    printJson({ key, size, lastModified });
    return true;
  }
  const shown = recursive ? key : key.slice(prefix.lastIndexOf('/') + 1);
  const bytes = humanReadable ? formatBytes(size) : String(size);
  return writeOut(`${formatDate(lastModified)} ${bytes.padStart(10)} ${shown}\n`);
}

/** `2026-01-02 03:04:05`, local time, as the AWS CLI prints it. */
function formatDate(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}
