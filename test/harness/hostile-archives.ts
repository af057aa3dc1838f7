import { gzipSync } from 'node:zlib';

/** An archive that was made to do harm, or that is damaged. */
export interface HostileArchive {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether it has to be refused; undefined where leaving out what is bad is well too. */
  readonly refused?: boolean;
}

interface Entry {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Buffer;
  /** What the header says, where it is not the content's. */
  readonly size?: number | Buffer;
  readonly magic?: string;
  /** Alters the header before its checksum is made. */
  readonly alter?: (block: Buffer) => void;
  /** Alters it afterwards. */
  readonly damage?: (block: Buffer) => void;
}

const END = Buffer.alloc(1024);

/** One entry as it stands in an archive; written by hand, so that it may be wrong in any way. */
function entry({
  name,
  type = '0',
  link = '',
  content = '',
  size,
  magic = 'ustar\x0000',
  alter,
  damage,
}: Entry): Buffer {
  const body = Buffer.from(content);
  const block = Buffer.alloc(512);
  Buffer.from(name).copy(block, 0, 0, 100);
  for (const at of [100, 108, 116]) block.write('0000644\0', at);
  const length = size ?? body.length;
  if (typeof length === 'number') block.write(`${length.toString(8).padStart(11, '0')}\0`, 124);
  else length.copy(block, 124);
  block.write('14000000000\0', 136);
  block.write(type, 156, 'latin1');
  block.write(link, 157, 100);
  block.write(magic, 257, 'latin1');
  alter?.(block);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  damage?.(block);
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

function pax(...records: (readonly [string, string | Buffer])[]): Buffer {
  const content = Buffer.concat(records.map(([key, value]) => paxRecord(key, Buffer.from(value))));
  return entry({ name: 'PaxHeader', type: 'x', content });
}

/** Each has a key of its own: all of them would be kept. */
function manyPax(type: 'x' | 'g'): Buffer[] {
  return Array.from({ length: 7 }, (_, index) =>
    entry({ name: 'h', type, content: paxRecord(`key${index}`, Buffer.alloc(1_000_000, 'v')) }),
  );
}

function paxRecord(key: string, value: Buffer): Buffer {
  let length = key.length + value.length + 3;
  length += String(length + String(length).length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
}

function longName(name: string, type = 'L'): Buffer {
  return entry({ name: '././@LongLink', type, content: `${name}\0`, magic: 'ustar  \0' });
}

function archive(...entries: readonly Buffer[]): Buffer {
  return gzipSync(Buffer.concat([...entries, END]));
}

/** Each name that leads out, as each kind of entry, in each form in which a name can be told. */
function leadingOut(outside: string): HostileArchive[] {
  const names = [
    '../evil',
    '../../../../evil',
    `${outside}/evil`,
    `/${outside}/evil`,
    'a/../../evil',
    './../evil',
    'a/b/../../../evil',
    '..',
    '../',
    '/..',
    'x/..',
    './/../evil',
  ];
  const kinds: readonly Omit<Entry, 'name'>[] = [
    { type: '0', content: 'evil' },
    { type: '5' },
    { type: '2', link: '/etc/passwd' },
    { type: '1', link: '../secret' },
    { type: '6' },
    { type: '3' },
    { type: 'S', content: 'evil', alter: sparseOf(4, 4), magic: 'ustar  \0' },
  ];
  const forms: Readonly<Record<string, (name: string, kind: Omit<Entry, 'name'>) => Buffer[]>> = {
    ustar: (name, kind) => [entry({ ...kind, name })],
    pax: (name, kind) => [pax(['path', name]), entry({ ...kind, name: 'short' })],
    gnu: (name, kind) => [longName(name), entry({ ...kind, name: 'short' })],
  };
  return names.flatMap((name) =>
    kinds.flatMap((kind) =>
      Object.entries(forms).map(([form, make]) => ({
        name: `${form}: ${kind.type} '${name.replace(outside, 'OUTSIDE')}'`,
        bytes: archive(...make(name, kind)),
      })),
    ),
  );
}

/** Links that lead out, and entries that go through them. */
function throughLinks(outside: string): HostileArchive[] {
  const targets = [
    outside,
    '..',
    '../..',
    '/',
    `${outside}/secret`,
    './../outside',
    'd/../..',
    '/proc/self/root',
    '/proc/self/cwd',
    '/opt/ml/../ml/model/../..',
  ];
  const next: readonly (readonly [string, readonly Buffer[]])[] = [
    ['a file through it', [entry({ name: 'l/evil', content: 'evil' })]],
    ['a file in its place', [entry({ name: 'l', content: 'evil' })]],
    [
      'a directory in its place',
      [entry({ name: 'l', type: '5' }), entry({ name: 'l/evil', content: 'evil' })],
    ],
    [
      'a hard link through it',
      [entry({ name: 'h', type: '1', link: 'l/secret' }), entry({ name: 'h', content: 'evil' })],
    ],
    ['a link through it', [entry({ name: 'l/evil', type: '2', link: 'secret' })]],
    [
      'a hard link to it',
      [entry({ name: 'h', type: '1', link: 'l' }), entry({ name: 'h', content: 'evil' })],
    ],
  ];
  return targets.flatMap((target) =>
    next.map(([what, entries]) => ({
      name: `a link to '${target.replace(outside, 'OUTSIDE')}', and ${what}`,
      bytes: archive(
        entry({ name: 'd', type: '5' }),
        entry({ name: 'l', type: '2', link: target }),
        ...entries,
      ),
    })),
  );
}

function sparseOf(realSize: number, length: number, offset = 0) {
  return (block: Buffer): void => {
    block.write(`${offset.toString(8).padStart(11, '0')} ${length.toString(8).padStart(11, '0')} `, 386);
    block.write(`${realSize.toString(8).padStart(11, '0')}\0`, 483);
  };
}

function paxSparse(map: string, realSize: string, content = 'data'): Buffer[] {
  return [pax(['GNU.sparse.map', map], ['GNU.sparse.size', realSize]), entry({ name: 'f', content })];
}

function paxSparse1(text: string, realSize = '10'): Buffer[] {
  const map = Buffer.alloc(512 * Math.max(1, Math.ceil(text.length / 512)));
  map.write(text);
  return [
    pax(
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', 'f'],
      ['GNU.sparse.realsize', realSize],
    ),
    entry({ name: 'GNUSparseFile.0/f', content: Buffer.concat([map, Buffer.from('data')]) }),
  ];
}

/** What no tar reads, or reads only in part. */
function damaged(): HostileArchive[] {
  const file = entry({ name: 'f', content: 'x'.repeat(700) });
  const whole = Buffer.concat([
    file,
    entry({ name: 'd', type: '5' }),
    entry({ name: 'd/g', content: 'y'.repeat(1300) }),
    END,
  ]);
  const packed = gzipSync(whole, { level: 0 });
  const bad = (name: string, ...entries: readonly Buffer[]): HostileArchive => ({
    name,
    refused: true,
    bytes: archive(...entries),
  });
  const cuts = [100, 511, 513, 1000, 1100, 1535, 2100, 2900].map((at) => ({
    name: `cut short after ${at} bytes`,
    refused: true,
    bytes: gzipSync(whole.subarray(0, at)),
  }));
  const packedCuts = [5, 100, 1500, packed.length - 1, packed.length - 9].map((at) => ({
    name: `its gzip cut short after ${at} bytes`,
    refused: true,
    bytes: packed.subarray(0, at),
  }));
  const flipped = Buffer.from(packed);
  flipped.writeUInt8((flipped[600] as number) ^ 0xff, 600);
  return [
    ...cuts,
    ...packedCuts,
    { name: 'a byte of its gzip altered', refused: true, bytes: flipped },
    { name: 'no gzip', refused: true, bytes: whole },
    { name: 'nothing', refused: true, bytes: Buffer.alloc(0) },
    { name: 'a gzip of nothing', refused: true, bytes: gzipSync('') },
    { name: 'a gzip of text', refused: true, bytes: gzipSync('hello '.repeat(200)) },
    { name: 'nothing but its end', refused: false, bytes: gzipSync(END) },
    {
      name: 'what comes after its end',
      refused: false,
      bytes: gzipSync(Buffer.concat([whole, Buffer.alloc(9000, 'x')])),
    },
    bad('a bad checksum', entry({ name: 'f', damage: (block) => block.write('g', 0) })),
    bad('no checksum', entry({ name: 'f', damage: (block) => block.fill(0, 148, 156) })),
    bad(
      'a size that is no number',
      entry({ name: 'f', alter: (block) => block.write('99999999999\0', 124) }),
    ),
    bad('a size below nothing', entry({ name: 'f', size: Buffer.alloc(12, 0xff) })),
    bad(
      'a size beyond all numbers',
      entry({ name: 'f', size: Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0xfe)]) }),
    ),
    bad('a size of 8 GiB that is not there', entry({ name: 'f', size: 8 ** 11 - 1 })),
    bad('an entry without a name', entry({ name: '', content: 'x' })),
    bad('a directory without a name', entry({ name: '', type: '5' })),
    bad('a file called .', entry({ name: '.', content: 'x' })),
    bad('a file called ./', entry({ name: './', content: 'x', magic: '' })),
    bad('a link called .', entry({ name: '.', type: '2', link: 'x' })),
    bad('a file called /', entry({ name: '/', content: 'x' })),
    { name: 'a directory called .', refused: false, bytes: archive(entry({ name: './', type: '5' }), file) },
    bad('a name of 256 bytes', longName('n'.repeat(256)), entry({ name: 'n' })),
    bad('a name of 256 bytes, in a pax header', pax(['path', 'é'.repeat(128)]), entry({ name: 'n' })),
    bad('a directory with a name of 1000 bytes', longName(`${'n'.repeat(1000)}/f`), entry({ name: 'n' })),
    bad('1,000 directories', longName(`${'d/'.repeat(1000)}f`), entry({ name: 'n' })),
    bad('a NUL in a name', pax(['path', 'a\0b']), entry({ name: 'n' })),
    {
      name: 'a name of 255 bytes',
      refused: false,
      bytes: archive(longName('n'.repeat(255)), entry({ name: 'n' })),
    },
    {
      name: 'a name that is no UTF-8',
      refused: false,
      bytes: archive(entry({ name: Buffer.of(0x63, 0xe9, 0xff) })),
    },
    {
      name: 'a pax name that is no UTF-8',
      refused: false,
      bytes: archive(pax(['path', Buffer.of(0x63, 0xe9)]), entry({ name: 'n' })),
    },
    bad(
      'a directory in the place of a file',
      entry({ name: 'a', content: 'x' }),
      entry({ name: 'a', type: '5' }),
    ),
    bad('a file below a file', entry({ name: 'a', content: 'x' }), entry({ name: 'a/b', content: 'y' })),
    bad(
      'a file in the place of a directory',
      entry({ name: 'a', type: '5' }),
      entry({ name: 'a', content: 'x' }),
    ),
    bad(
      'a link in the place of a directory',
      entry({ name: 'a/b', content: 'x' }),
      entry({ name: 'a', type: '2', link: 'b' }),
    ),
    {
      name: 'a file twice',
      refused: false,
      bytes: archive(entry({ name: 'a', content: 'x' }), entry({ name: 'a', content: 'y' })),
    },
    bad('a hard link to nothing', entry({ name: 'a', type: '1', link: 'none' })),
    {
      name: 'a hard link to itself',
      refused: true,
      bytes: archive(entry({ name: 'a', type: '1', link: 'a' })),
    },
    bad(
      'a hard link to a directory',
      entry({ name: 'd', type: '5' }),
      entry({ name: 'a', type: '1', link: 'd' }),
    ),
    {
      name: 'links around',
      bytes: archive(entry({ name: 'a', type: '2', link: 'b' }), entry({ name: 'b', type: '2', link: 'a' })),
    },
    bad(
      'a file below a link that stays within',
      entry({ name: 'd', type: '5' }),
      entry({ name: 'l', type: '2', link: 'd' }),
      entry({ name: 'l/f', content: 'x' }),
    ),
    bad(
      'a pax record longer than its header',
      entry({ name: 'x', type: 'x', content: '999 path=f\n' }),
      file,
    ),
    bad('a pax record of no length', entry({ name: 'x', type: 'x', content: '0 path=f\n' }), file),
    bad('a pax record without an end', entry({ name: 'x', type: 'x', content: '10 path=ff' }), file),
    bad('a pax header that is none', entry({ name: 'x', type: 'x', content: 'path=f\n' }), file),
    bad('a pax size that is no number', pax(['size', '-1']), file),
    bad('a pax size beyond its end', pax(['size', '100000']), file),
    bad('a pax header of 2 MiB', entry({ name: 'x', type: 'x', content: Buffer.alloc(2 ** 21) }), file),
    bad('pax headers of 6 MiB for one entry', ...manyPax('x'), file),
    bad('pax headers of 6 MiB for all entries', ...manyPax('g').flatMap((header) => [header, file])),
    bad('a name of 2 MiB', entry({ name: 'x', type: 'L', content: Buffer.alloc(2 ** 21, 'n') }), file),
    { name: 'a pax header and nothing after', bytes: archive(pax(['path', 'f'])) },
    bad('a part of several volumes', entry({ name: 'f', type: 'M' })),
    {
      name: 'an unknown kind',
      refused: false,
      bytes: archive(entry({ name: 'f', type: 'Z', content: 'x' })),
    },
    {
      name: 'devices and FIFOs',
      refused: false,
      bytes: archive(...['3', '4', '6'].map((type) => entry({ name: `s${type}`, type })), file),
    },
    bad(
      'a sparse map that is longer than its data',
      entry({ name: 'f', type: 'S', content: 'data', alter: sparseOf(100, 50) }),
    ),
    bad(
      'a sparse map that is shorter than its data',
      entry({ name: 'f', type: 'S', content: 'data', alter: sparseOf(100, 2) }),
    ),
    bad(
      'a sparse map beyond its file',
      entry({ name: 'f', type: 'S', content: 'data', alter: sparseOf(10, 4, 50) }),
    ),
    bad(
      'a sparse map without an end',
      entry({ name: 'f', type: 'S', alter: (block) => block.writeUInt8(1, 482) }),
      Buffer.alloc(512, 1),
    ),
    bad('a sparse file of 2^60 bytes', ...paxSparse('0,4', String(2 ** 60))),
    bad('a sparse file of 4 EiB', ...paxSparse('0,4', '4611686018427387904')),
    bad('a pax sparse map with parts over each other', ...paxSparse('0,2,1,2', '10')),
    bad('a pax sparse map the other way round', ...paxSparse('6,2,0,2', '10')),
    bad('a pax sparse map that is odd', ...paxSparse('0,2,2', '10')),
    bad('a pax sparse map of words', ...paxSparse('a,b', '10')),
    bad('a pax sparse map of more data than there is', ...paxSparse('0,9', '10')),
    bad('a sparse map 1.0 of words', ...paxSparse1('x\ny\n')),
    bad('a sparse map 1.0 of 10^12 parts', ...paxSparse1('1000000000000\n0\n4\n')),
    bad('a sparse map 1.0 without an end', ...paxSparse1('9'.repeat(2000))),
    bad('a sparse map 1.0 that is cut', ...paxSparse1('3\n0\n4\n')),
    { name: 'a sparse map 1.0', refused: false, bytes: archive(...paxSparse1('1\n6\n4\n')) },
    { name: 'a pax sparse map', refused: false, bytes: archive(...paxSparse('6,4', '10')) },
    {
      name: 'a sparse map',
      refused: false,
      bytes: archive(entry({ name: 'f', type: 'S', content: 'data', alter: sparseOf(10, 4, 6) })),
    },
    {
      name: 'more than its limit',
      refused: true,
      bytes: archive(entry({ name: 'f', content: Buffer.alloc(40 * 2 ** 20) })),
    },
    {
      name: 'more than its limit of nothing but headers',
      refused: true,
      bytes: archive(...Array.from({ length: 70_000 }, () => entryOnce)),
    },
  ];
}

const entryOnce = entry({ name: 'd', type: '5' });

/**
 * Several hundred archives.
 *
 * @param outside absolute: a directory that is not theirs
 */
export function hostileArchives(outside: string): HostileArchive[] {
  return [...leadingOut(outside), ...throughLinks(outside), ...damaged()];
}
