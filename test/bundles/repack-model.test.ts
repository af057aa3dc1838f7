import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { repackModel } from '../../src/bundles/index.ts';

async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: body.length },
    body,
  }));
  return gzipSync(await packTar(entries));
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

async function repacked(model: Buffer, code: Buffer): Promise<Record<string, string>> {
  const bytes = Buffer.concat(await Array.fromAsync(repackModel('The model', pieces(model), pieces(code))));
  const files: Record<string, string> = {};
  for (const { header, data } of await unpackTar(gunzipSync(bytes)))
    files[header.name] = Buffer.from(data ?? []).toString();
  return files;
}

test('puts code into the archive of a model, in place of the code that was there', async () => {
  const long = `${'deep/'.repeat(40)}weights.bin`;
  const model = await archive({
    './model.json': '{"a":1}',
    [long]: 'x'.repeat(2000),
    'code/inference.py': 'old',
    './code/other.py': 'old',
    'codec/table': 'stays',
  });
  expect(await repacked(model, await archive({ 'inference.py': 'new', 'lib/a.py': '' }))).toEqual({
    './model.json': '{"a":1}',
    [long]: 'x'.repeat(2000),
    'codec/table': 'stays',
    'code/inference.py': 'new',
    'code/lib/a.py': '',
  });
});

test.each([
  ['no archive', Buffer.from('weights')],
  ['an archive that is cut short', gzipSync(Buffer.from('x'.repeat(700)))],
])('refuses %s with what to do', async (_, model) => {
  await expect(repacked(model, await archive({ 'inference.py': 'new' }))).rejects.toThrow(
    'The model: expected a model.tar.gz; it is none, or damaged.',
  );
});
