import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { formatElements, type XmlDialect, type XmlElements } from '../wire/xml.ts';
import { S3Error } from './s3-error.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** As S3 writes: control characters of keys stand as references. */
export const S3_XML: XmlDialect = { controls: 'references' };

/** A document with one root element, in S3's namespace unless it is an error. */
export function formatXml(root: string, content: XmlElements): string {
  const start = root === 'Error' ? '<Error>' : `<${root} xmlns="${NAMESPACE}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${start}${formatElements(content, S3_XML)}</${root}>`;
}

/** Elements that a request may repeat. */
const repeated = new Set(['Object', 'Part', 'Tag']);

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  isArray: (name) => repeated.has(name),
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY },
  htmlEntities: true,
});

/** So much markup a document may have: a thousand rules of a dozen elements. What is parsed keeps everybody else waiting. */
const MOST_TAGS = 30_000;
const MOST_ENTITIES = 100_000;
const LONGEST_TAG = 2_000;

/**
 * The root element of a request's document.
 *
 * @param mostTags start and end tags together @default 30000
 * @throws S3Error `MalformedXML`
 */
export function parseXml(body: string, root: string, mostTags = MOST_TAGS): Record<string, unknown> {
  try {
    const isModest = !hasMore(body, '<', mostTags) && !hasMore(body, '&', MOST_ENTITIES) && !hasLongTag(body);
    if (isModest && XMLValidator.validate(body) === true) {
      const found = (parser.parse(body) as Record<string, unknown>)[root];
      if (typeof found === 'object' && found !== null) return found as Record<string, unknown>;
      if (found === '') return {};
    }
  } catch {
    // What the parser refuses is malformed too.
  }
  throw new S3Error('MalformedXML');
}

function hasMore(text: string, character: string, most: number): boolean {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1))
    if (++count > most) return true;
  return false;
}

function hasLongTag(text: string): boolean {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    const end = text.indexOf('>', at);
    if (end < 0 || end - at > LONGEST_TAG) return true;
  }
  return false;
}
