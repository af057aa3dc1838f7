import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';

/** The regular files of a tar.gz: path → text. */
export async function archiveFiles(archive: Uint8Array): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const tar = ReadableStream.from([gunzipSync(archive)]).pipeThrough(createTarDecoder());
  for await (const { header, body } of tar) {
    const content = await text(Readable.fromWeb(body as never));
    if (header.type === 'file') files[header.name.replace(/^\.\//, '')] = content;
  }
  return files;
}
