import type { XmlElements } from '../wire/xml.ts';
import { S3Error } from './s3-error.ts';

/** The tags of a `Tagging` document. @throws S3Error `MalformedXML` */
export function readTagSet(document: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  const set = document['TagSet'];
  if (set === '') return [];
  const tags = (set as { readonly Tag?: unknown } | undefined)?.Tag;
  if (!Array.isArray(tags)) throw new S3Error('MalformedXML');
  return tags.map((tag: unknown) => {
    const { Key: key, Value: value } = (tag ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof key !== 'string' || typeof value !== 'string') throw new S3Error('MalformedXML');
    return [key, value] as const;
  });
}

/** The content of a `Tagging` document. */
export function formatTagSet(tags: Readonly<Record<string, string>>): XmlElements {
  return { TagSet: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } };
}
