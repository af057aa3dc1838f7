import { XMLParser } from 'fast-xml-parser';
import { compareBytes } from '../directory/byte-order.ts';
import { holdHeap } from '../steady-heap.ts';
import type { LevelEntry, LevelOptions, ListOptions, ObjectSummary } from '../store.ts';
import type { S3Connection } from './s3-connection.ts';
import { BrokenTransfer } from './s3-request.ts';

interface Page {
  readonly objects: readonly ObjectSummary[];
  readonly prefixes: readonly string[];
  readonly next: string | undefined;
}

const xml = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === 'Contents' || name === 'CommonPrefixes',
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY },
});

/** Lists page by page; the next page is on its way while one is read. */
export async function* listObjects(
  connection: S3Connection,
  bucket: string,
  options: ListOptions = {},
): AsyncGenerator<ObjectSummary> {
  using _heap = holdHeap();
  let coming: Promise<Page> | undefined = fetchPage(connection, bucket, options, undefined);
  while (coming) {
    const { objects, next }: Page = await coming;
    coming = next === undefined ? undefined : fetchPage(connection, bucket, options, next);
    coming?.catch(() => undefined);
    yield* objects;
  }
}

/** One level of the tree that `/` makes of the keys, in byte order. */
export async function* listS3Level(
  connection: S3Connection,
  bucket: string,
  options: LevelOptions,
): AsyncGenerator<LevelEntry> {
  let token: string | undefined;
  do {
    const page: Page = await fetchPage(connection, bucket, { ...options, delimiter: '/' }, token);
    const entries: LevelEntry[] = [
      ...page.objects.map((object) => ({ object })),
      ...page.prefixes.map((prefix) => ({ prefix })),
    ];
    yield* entries.sort((a, b) => compareBytes(keyOf(a), keyOf(b)));
    token = page.next;
  } while (token !== undefined);
}

function keyOf(entry: LevelEntry): string {
  return 'prefix' in entry ? entry.prefix : entry.object.key;
}

/** S3's own limit on a page. */
const PAGE_KEYS = 1000;

async function fetchPage(
  connection: S3Connection,
  bucket: string,
  { prefix, startAfter, delimiter, limit, signal }: ListOptions & { delimiter?: '/'; limit?: number },
  token: string | undefined,
): Promise<Page> {
  const query: [string, string][] = [
    ['list-type', '2'],
    ['encoding-type', 'url'],
  ];
  if (prefix) query.push(['prefix', prefix]);
  if (startAfter) query.push(['start-after', startAfter]);
  if (delimiter) query.push(['delimiter', delimiter]);
  if (limit !== undefined) query.push(['max-keys', String(Math.min(limit, PAGE_KEYS))]);
  if (token !== undefined) query.push(['continuation-token', token]);
  const request = { method: 'GET', bucket, key: '', query, signal } as const;
  return connection.retry(request, async () => readPage((await connection.fetchOnce(request)).body));
}

function readPage(body: Buffer): Page {
  const result = parsePage(body);
  const decode = result.EncodingType === 'url' ? decodeUrl : (key: string) => key;
  return {
    objects: (result.Contents ?? []).map((entry) => readSummary(entry, decode)),
    prefixes: (result.CommonPrefixes ?? []).map(({ Prefix }) => decode(Prefix)),
    next: result.IsTruncated === 'true' ? result.NextContinuationToken : undefined,
  };
}

/** @throws BrokenTransfer for a document that is no listing: it would be taken for an empty one */
function parsePage(body: Buffer): ListBucketResult {
  if (
    !/<\/ListBucketResult>\s*$|<ListBucketResult[^>]*\/>\s*$/.test(
      body.toString('latin1', Math.max(0, body.length - 4096)),
    )
  )
    throw new BrokenTransfer('the store does not answer with a listing');
  const { ListBucketResult: result } = xml.parse(body) as { ListBucketResult?: ListBucketResult | '' };
  if (result === undefined) throw new BrokenTransfer('the store does not answer with a listing');
  const page = result || {};
  if (page.IsTruncated === 'true' && !page.NextContinuationToken)
    throw new BrokenTransfer('the listing is cut, and does not say how it goes on');
  return page;
}

function readSummary(
  { Key, Size, ETag, LastModified }: ListedObject,
  decode: (key: string) => string,
): ObjectSummary {
  const summary = { key: decode(Key), size: Number(Size), lastModified: new Date(LastModified) };
  return ETag === undefined ? summary : { ...summary, etag: ETag };
}

function decodeUrl(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'));
}

interface ListBucketResult {
  readonly EncodingType?: string;
  readonly IsTruncated?: string;
  readonly NextContinuationToken?: string;
  readonly Contents?: readonly ListedObject[];
  readonly CommonPrefixes?: readonly { readonly Prefix: string }[];
}

interface ListedObject {
  readonly Key: string;
  readonly Size: string;
  readonly ETag?: string;
  readonly LastModified: string;
}
