import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceObject } from '../../src/channels/index.ts';
import { listChannel } from '../../src/channels/pipe/list-channel.ts';
import { jsonElements } from '../../src/channels/source/json-elements.ts';
import { type ListObjectsOptions, listObjects } from '../../src/channels/source/list-objects.ts';
import type { HostPlace } from '../../src/channels/source/shard.ts';
import { createDirectoryStore } from '../../src/objects/directory/create-directory-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'manifest-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const manifest = (names: readonly string[]): string =>
  JSON.stringify([{ prefix: 's3://data/base/' }, ...names], undefined, 1);

describe('A ManifestFile', () => {
  const names = Array.from({ length: 120_000 }, (_, index) => `class ${index % 7}/bild-ü-"${index}".jpeg`);

  it('is listed in its order, more objects than are kept in memory', async () => {
    const found: string[] = [];
    for await (const { key } of listObjects(optionsOf(manifest(names)))) found.push(key as string);
    expect(found).toEqual(names.map((name) => `base/${name}`));
  });

  it('is shared out to hosts without a gap', async () => {
    const shares = await Promise.all(
      [0, 1, 2].map(async (index) => {
        const options = optionsOf(manifest(names.slice(0, 1000)), { index, count: 3 });
        return (await Array.fromAsync(listObjects(options))).map(({ name }) => name);
      }),
    );
    expect(shares.map(({ length }) => length)).toEqual([334, 333, 333]);
    expect(shares.flat().sort()).toEqual(names.slice(0, 1000).sort());
  });

  it('is shuffled as a whole', async () => {
    const options = optionsOf(manifest(names));
    const list = await listChannel({ ...options, channel: { ...options.channel, shuffleSeed: 5 } });
    const orders: string[][] = [];
    for (const epoch of [0, 1]) {
      const objects: SourceObject[] = [];
      for await (const batch of list.epoch(epoch)) objects.push(...batch);
      orders.push(objects.map(({ name }) => name));
    }
    list.close();
    expect(list.objects).toBe(names.length);
    expect(orders[0]).not.toEqual(orders[1]);
    for (const order of orders) expect(order.sort()).toEqual([...names].sort());
  });

  it.each([
    ['', 'expected an array with elements'],
    ['nope', 'is no JSON at its beginning'],
    ['[]', 'expected an array with elements'],
    ['7', 'expected an array with elements'],
    ['[{"prefix":"s3://data/"},"a","b"', 'is no JSON after element 2'],
    ['[{"prefix":"s3://data/"},"a" "b"]', 'is no JSON after element 1'],
    ['[{"prefix":"s3://data/"},"a",]', 'is no JSON after element 1'],
    ['[{"prefix":"s3://data/"},"a"] x', 'is no JSON after element 1'],
    ['[{"prefix":"s3://data/"},"a",{}]', 'expected a string as element 2, got {}'],
  ])('says where it is malformed: %s', async (text, message) => {
    await expect(Array.fromAsync(listObjects(optionsOf(text)))).rejects.toMatchObject({
      code: 'ManifestInvalid',
      fault: 'user',
      message: expect.stringMatching(/^Channel 'train': manifest file:.*\/m\.json: /),
    });
    await expect(Array.fromAsync(listObjects(optionsOf(text)))).rejects.toThrow(message);
  });
});

it('gives the elements of an array that comes byte by byte', async () => {
  const value = [{ a: [1, { b: 2 }] }, 'ü€𝄞\n"\\', 'x'.repeat(100), -1.5e3, null, true, []];
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const byte of Buffer.from(JSON.stringify(value))) yield Uint8Array.of(byte);
  }
  expect((await Array.fromAsync(jsonElements(bytes()))).flat()).toEqual(value);
});

/** The objects themselves are in a store that is far away: nobody asks for them. */
function optionsOf(text: string, host?: HostPlace): ListObjectsOptions {
  writeFileSync(join(root, 'm.json'), text);
  const store: ObjectStore = Object.create(createDirectoryStore(join(root, 's3')), {
    local: { value: undefined },
  });
  return {
    channel: {
      name: 'train',
      uri: `file://${root}/m.json`,
      inputMode: 'Pipe',
      dataType: 'ManifestFile',
      ...(host && { distribution: 'ShardedByS3Key' }),
    },
    host: host ?? { index: 0, count: 1 },
    stores: { store: () => store },
  };
}
