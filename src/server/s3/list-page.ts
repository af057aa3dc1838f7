import type { FoundKey } from '../../objects/directory/index.ts';
import type { ObjectSummary } from '../../objects/index.ts';
import type { S3Call } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** What a listing asks for, common to its versions. */
export interface ListRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Exclusive. */
  readonly after: string;
  readonly maxKeys: number;
}

/** One page of a listing. */
export interface ListPage {
  readonly objects: readonly ObjectSummary[];
  readonly commonPrefixes: readonly string[];
  readonly truncated: boolean;
  /** The last key or common prefix of the page. */
  readonly last: string;
}

/** After every key that starts with a prefix. */
const BEYOND = '\u{10ffff}';

/** Reads one page. A common prefix is found by its first key, and what lies below it is not walked. */
export async function readListPage({ store, bucket }: S3Call, request: ListRequest): Promise<ListPage> {
  const page = new PageInProgress(request);
  const { prefix, delimiter } = request;
  let startAfter: string | undefined = request.after;
  if (delimiter !== '' && startAfter.startsWith(prefix))
    startAfter = skipPrefix(startAfter, prefix, delimiter);
  while (startAfter !== undefined) {
    const from: string = startAfter;
    startAfter = undefined;
    for await (const piece of store.listKeys(bucket, { prefix, startAfter: from })) {
      startAfter = page.take(piece);
      if (startAfter !== undefined || page.full) break;
    }
  }
  const objects = page.found.flatMap((found) => store.summary(bucket, found, true) ?? []);
  const { commonPrefixes, full, last } = page;
  return { objects, commonPrefixes, truncated: full && request.maxKeys > 0, last };
}

/** A page while keys come in. */
class PageInProgress {
  readonly found: FoundKey[] = [];
  readonly commonPrefixes: string[] = [];
  /** There is more than the page takes. */
  full = false;
  last = '';
  readonly #request: ListRequest;

  constructor(request: ListRequest) {
    this.#request = request;
  }

  /** Takes keys until the page is full. @returns after which key to go on where a common prefix was found */
  take(keys: readonly FoundKey[]): string | undefined {
    const { prefix, delimiter, maxKeys } = this.#request;
    for (const found of keys) {
      const common = commonPrefix(found.key, prefix, delimiter);
      if (common !== undefined && common === this.commonPrefixes.at(-1)) continue;
      if (this.found.length + this.commonPrefixes.length >= maxKeys) {
        this.full = true;
        return undefined;
      }
      this.last = common ?? found.key;
      if (common === undefined) {
        this.found.push(found);
        continue;
      }
      this.commonPrefixes.push(common);
      return common + BEYOND;
    }
    return undefined;
  }
}

/** A page that starts after a common prefix, or within it, does not show it again. */
function skipPrefix(after: string, prefix: string, delimiter: string): string {
  const common = commonPrefix(after, prefix, delimiter);
  return common !== undefined && after === common ? common + BEYOND : after;
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** `max-keys`, at most 1000. @throws S3Error `InvalidArgument` */
export function readLimit(call: S3Call, name: string): number {
  const text = call.query.get(name);
  if (text === null || text === '') return 1000;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 2_147_483_647) return Math.min(value, 1000);
  throw new S3Error('InvalidArgument', `Provided ${name} not an integer or within integer range`, {
    ArgumentName: name,
    ArgumentValue: text,
  });
}

/** How the answer writes keys: as they are, or percent-encoded. @throws S3Error `InvalidArgument` */
export function readEncoding(call: S3Call): {
  readonly type: string | undefined;
  encode(text: string): string;
} {
  const type = call.query.get('encoding-type') ?? undefined;
  if (type === undefined || type === '') return { type: undefined, encode: (text) => text };
  if (type !== 'url') {
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
      ArgumentName: 'encoding-type',
      ArgumentValue: type,
    });
  }
  return { type, encode: encodeUrl };
}

/** As S3 does: slashes stay, a space becomes a plus. */
function encodeUrl(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
    .replaceAll(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
