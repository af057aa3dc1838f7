/** Writes the XML of the services that speak it. */
import { scalarText } from './scalar-text.ts';

/** What differs from one service's XML to the other's. */
export interface XmlDialect {
  /** What each of several values is called, within an element for all of them. @default each is called as they all are */
  readonly member?: string;
  /**
   * Control characters, which XML 1.0 has no way to write: as references all the same, line ends and tabs too, or
   * replaced by U+FFFD.
   */
  readonly controls: 'references' | 'replaced';
}

/**
 * What an element holds: text, further elements, several of one name, or nothing at all (left out). The name '' is for
 * text of the element itself, '@' for its attributes.
 */
export type XmlContent =
  | string
  | number
  | boolean
  | Date
  | null
  | undefined
  | WrittenXml
  | XmlElements
  | readonly XmlContent[];

export interface XmlElements {
  readonly [name: string]: XmlContent;
}

/** Elements that are written already, in place of the one that would hold them: for very many of one form. */
export class WrittenXml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Elements, without one around them. */
export function formatElements(content: XmlElements, dialect: XmlDialect): string {
  let text = '';
  for (const [name, value] of Object.entries(content)) text += formatElement(name, value, dialect);
  return text;
}

function formatElement(name: string, value: XmlContent, dialect: XmlDialect): string {
  if (value === undefined || value === null) return '';
  if (name === '') return escapeXml(scalarText(value), dialect.controls);
  if (Array.isArray(value)) return formatList(name, value, dialect);
  if (value instanceof Date) return `<${name}>${value.toISOString()}</${name}>`;
  if (value instanceof WrittenXml) return value.text;
  if (typeof value !== 'object')
    return `<${name}>${escapeXml(scalarText(value), dialect.controls)}</${name}>`;
  const { '@': attributes, ...children } = value as XmlElements;
  const start = typeof attributes === 'string' ? `${name} ${attributes}` : name;
  return `<${start}>${formatElements(children, dialect)}</${name}>`;
}

function formatList(name: string, values: readonly XmlContent[], dialect: XmlDialect): string {
  const { member } = dialect;
  const each = values.map((value) => formatElement(member ?? name, value, dialect)).join('');
  return member === undefined ? each : `<${name}>${each}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in an element. */
export function escapeXml(text: string, controls: XmlDialect['controls']): string {
  if (controls === 'replaced') {
    return text
      .replace(/[&<>"]/g, (each) => ENTITIES[each] as string)
      .replace(/[^\t\n\r\u0020-\uFFFD]/g, '\uFFFD');
  }
  // eslint-disable-next-line no-control-regex -- these are meant.
  return text.replace(
    /[&<>"\u0000-\u001f]/g,
    (each) => ENTITIES[each] ?? `&#x${each.charCodeAt(0).toString(16)};`,
  );
}
