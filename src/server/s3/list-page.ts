import type { ObjectSummary } from '../../objects/store.ts';
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
  const objects: ObjectSummary[] = [];
  const commonPrefixes: string[] = [];
  const { prefix, delimiter, maxKeys } = request;
  let { after } = request;
  let last = '';
  const full = () => objects.length + commonPrefixes.length >= maxKeys;
  if (delimiter !== '' && after.startsWith(prefix)) after = skipPrefix(after, prefix, delimiter);
  for (let more = true; more; ) {
    more = false;
    for await (const object of store.list(bucket, { prefix, startAfter: after, withEtag: true })) {
      const common = commonPrefix(object.key, prefix, delimiter);
      if (common !== undefined && common === commonPrefixes.at(-1)) continue;
      if (full()) return { objects, commonPrefixes, truncated: maxKeys > 0, last };
      last = common ?? object.key;
      if (common === undefined) {
        objects.push(object);
        continue;
      }
      commonPrefixes.push(common);
      after = common + BEYOND;
      more = true;
      break;
    }
  }
  return { objects, commonPrefixes, truncated: false, last };
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
