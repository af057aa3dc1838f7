import { describe, expect, it } from 'vitest';
import {
  formatElements,
  WrittenXml,
  type XmlDialect,
  type XmlElements,
} from '../../../src/server/wire/xml.ts';

const QUERY: XmlDialect = { member: 'member', controls: 'replaced' };
const S3: XmlDialect = { controls: 'references' };

describe('XML', () => {
  it.each<[string, XmlElements, string, string]>([
    ['a list', { L: ['a', 'b'] }, '<L><member>a</member><member>b</member></L>', '<L>a</L><L>b</L>'],
    ['an empty list', { L: [] }, '<L></L>', ''],
    [
      'control characters',
      { K: 'a\u0001\u000b\uffffb' },
      '<K>a\ufffd\ufffd\ufffdb</K>',
      '<K>a&#x1;&#xb;\uffffb</K>',
    ],
    ['line ends and tabs', { K: 'a\n\tb' }, '<K>a\n\tb</K>', '<K>a&#xa;&#x9;b</K>'],
  ])('of %s is written as each service writes it', (_what, content, query, s3) => {
    expect(formatElements(content, QUERY)).toBe(query);
    expect(formatElements(content, S3)).toBe(s3);
  });

  it.each<[string, XmlElements, string]>([
    ['marks', { K: '<a href="x">&</a>' }, '<K>&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;</K>'],
    ['nothing', { A: undefined, B: null, C: '' }, '<C></C>'],
    ['values', { N: 1.5, B: false, T: new Date(0) }, '<N>1.5</N><B>false</B><T>1970-01-01T00:00:00.000Z</T>'],
    ['attributes and text', { G: { '@': 'a="b"', '': 'x&y' } }, '<G a="b">x&amp;y</G>'],
    ['what is written already', { Many: new WrittenXml('<One/>') }, '<One/>'],
  ])('of %s is the same from all', (_what, content, text) => {
    expect([QUERY, S3].map((dialect) => formatElements(content, dialect))).toEqual([text, text]);
  });
});
