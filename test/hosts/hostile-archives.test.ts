import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeTree } from '../../src/core/tree/index.ts';
import { unpackArchive } from '../../src/hosts/archive.ts';
import { failureReasonOf } from '../../src/hosts/failure.ts';
import { hostileArchives } from '../harness/hostile-archives.ts';

const root = mkdtempSync(join(tmpdir(), 'hostile-'));
const outside = join(root, 'job/outside');
const archives = hostileArchives(outside);
/** As far as a legal archive of the table needs. */
const MOST_GIB = 0.03;

beforeAll(() => {
  mkdirSync(outside, { recursive: true });
  writeFileSync(join(outside, 'secret'), 'S');
  writeFileSync(join(root, 'job/secret'), 'S');
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

test('there are some hundred of them', () => {
  expect(archives.length).toBeGreaterThan(150);
  expect(new Set(archives.map(({ name }) => name)).size).toBe(archives.length);
});

test.each(archives)('nothing outside, no hang, no fault of the system: $name', async ({ bytes, refused }) => {
  const path = join(root, 'a.tar.gz');
  writeFileSync(path, bytes);
  const leftOut: string[] = [];
  const outcome = await unpackArchive({
    uri: `file://${path}`,
    place: { root: join(root, 'job'), path: 'ml/model' },
    names: ['/opt/ml/model'],
    stores: { store: () => expect.fail('no store is asked for') },
    settings: { maxUnpackedGiB: MOST_GIB, maxRatio: 200 },
    onLeftOut: (message) => leftOut.push(message),
  }).then(
    () => 'unpacked',
    (error: unknown) => failureReasonOf(error),
  );
  expect(existsSync('/evil')).toBe(false);
  expect(readdirSync(root).sort()).toEqual(['a.tar.gz', 'job']);
  expect(readdirSync(join(root, 'job')).sort()).toEqual(['ml', 'outside', 'secret']);
  expect(readdirSync(join(root, 'job/ml'))).toEqual(['model']);
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('S');
  await removeTree(join(root, 'job/ml'));
  expect(outcome).toMatch(expected(refused));
});

/** A fault of the archive, never of the system. */
function expected(refused: boolean | undefined): RegExp {
  if (refused === undefined) return /^(unpacked$|ClientError: )/;
  return refused ? /^ClientError: / : /^unpacked$/;
}
