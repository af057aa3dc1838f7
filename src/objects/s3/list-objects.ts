import { XMLParser } from 'fast-xml-parser';
import { holdHeap } from '../../core/steady-heap.ts';
import { compareBytes } from '../directory/byte-order.ts';
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

/** So many pages without a key may follow each other: where much was deleted, S3 sends such. */
const EMPTY_PAGES_LIMIT = 10_000;

/**
 * Lists page by page; the next page is on its way while one is read.
 *
 * @throws SluiceError `StoreUnavailable` where the pages are no listing of the bucket, or go round in a circle
 */
export async function* listObjects(
  connection: S3Connection,
  bucket: string,
  options: ListOptions = {},
): AsyncGenerator<ObjectSummary> {
  using _heap = holdHeap();
  const check = checkPages();
  let coming: Promise<Page> | undefined = fetchPage(connection, bucket, options, undefined, check);
  while (coming) {
    const { objects, next }: Page = await coming;
    coming = next === undefined ? undefined : fetchPage(connection, bucket, options, next, check);
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
  const check = checkPages();
  let token: string | undefined;
  do {
    const page: Page = await fetchPage(connection, bucket, { ...options, delimiter: '/' }, token, check);
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
  check: (page: Page, prefix: string) => void,
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
  return connection.retry(request, async () => {
    const page = readPage((await connection.fetchOnce(request)).body);
    check(page, prefix ?? '');
    return page;
  });
}

/** Looks at each page of one listing beside those before it. @throws BrokenTransfer */
function checkPages(): (page: Page, prefix: string) => void {
  let last: { key?: string | undefined; next?: string | undefined; empty: number } = { empty: 0 };
  return (page, prefix) => {
    const keys = [...page.objects.map(({ key }) => key), ...page.prefixes];
    const stray = keys.find((key) => key === '' || !key.startsWith(prefix));
    if (stray !== undefined)
      throw new BrokenTransfer(`the listing of what begins with '${prefix}' has the key '${stray}'`);
    const key = page.objects.at(-1)?.key;
    const twice = page.objects.find(
      (object, index) => object.key === (page.objects[index - 1]?.key ?? last.key),
    );
    if (twice) throw new BrokenTransfer(`the listing has the key '${twice.key}' twice`);
    const empty = keys.length === 0 ? last.empty + 1 : 0;
    if (page.next !== undefined && (page.next === last.next || empty > EMPTY_PAGES_LIMIT))
      throw new BrokenTransfer('the listing has no end: it goes on where it was before');
    last = { key: key ?? last.key, next: page.next, empty };
  };
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
  const size = Number(Size);
  const lastModified = new Date(LastModified);
  if (
    typeof Key !== 'string' ||
    !Number.isSafeInteger(size) ||
    size < 0 ||
    Number.isNaN(lastModified.getTime())
  )
    throw new BrokenTransfer(
      `the listing has an object with the key '${Key}', the size '${Size}', the time '${LastModified}'`,
    );
  const summary = { key: decode(Key), size, lastModified };
  return ETag === undefined ? summary : { ...summary, etag: ETag };
}

function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch (error) {
    throw new BrokenTransfer(`the listing has the key '${text}', which is not encoded as UTF-8`, {
      cause: error,
    });
  }
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
