import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../src/server/s3/xml.ts';

const MIB = 1024 * 1024;

describe('a document of a request', () => {
  it.each<[string, string]>([
    ['many elements', '<a/>'.repeat(MIB / 4)],
    ['many objects', '<Object><Key>k</Key></Object>'.repeat(MIB / 29)],
    ['deep elements', '<a>'.repeat(MIB / 7) + '</a>'.repeat(MIB / 7)],
    ['many entities', `<Object><Key>${'&amp;'.repeat(MIB / 5)}</Key></Object>`],
    ['many attributes', `<Object ${Array.from({ length: 20_000 }, (_, n) => `a${n}="x"`).join(' ')}/>`],
    ['a tag of spaces', `<a ${' '.repeat(MIB)}/>`],
    ['a tag without an end', '<'.repeat(20_000)],
  ])('with %s is refused unparsed', (_what, content) => {
    expect(() => parseXml(`<Delete>${content}</Delete>`, 'Delete')).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    );
  });

  it('may name as many keys and parts as S3 takes', () => {
    const object = `<Object><Key>${'&amp;'.repeat(99)}</Key><VersionId>null</VersionId><ETag>&quot;e&quot;</ETag></Object>`;
    expect(parseXml(`<Delete>${object.repeat(900)}</Delete>`, 'Delete')['Object']).toHaveLength(900);
    const part = '<Part><PartNumber>1</PartNumber><ETag>e</ETag><ChecksumCRC32>a</ChecksumCRC32></Part>';
    const parts = `<CompleteMultipartUpload>${part.repeat(10_000)}</CompleteMultipartUpload>`;
    expect(parseXml(parts, 'CompleteMultipartUpload', 200_000)['Part']).toHaveLength(10_000);
  });
});
