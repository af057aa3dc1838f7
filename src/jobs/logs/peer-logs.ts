import type { Dispatcher } from 'undici';
import { SluiceError } from '../../core/errors.ts';
import { PEER_PATH, type Peers } from '../peers.ts';
import type { LogPlace, LogSource } from './log-source.ts';

type Answer = Dispatcher.ResponseData;

/** The size of the whole stream, in an answer that has a part of it. */
export const SIZE_HEADER = 'x-sluice-size';
/** The most bytes of one answer. */
export const MAX_PEER_BYTES = 1024 * 1024;
/** Between two looks at a log that is followed, milliseconds. */
const EVERY_MS = 500;

/** The logs of a job or an endpoint, as the server has them that runs it. @param subject `training/name` */
export function peerLogs(peers: Peers, url: string, subject: string): LogPlace {
  const base = `${PEER_PATH}logs/${subject.split('/').map(encodeURIComponent).join('/')}`;
  const ask = async (query: string): Promise<Answer> =>
    peers.request(url, { method: 'GET', path: `${base}?${query}`, service: 'sluice' });
  const range = (stream: string, from: number, to: number): Promise<Answer> =>
    ask(new URLSearchParams({ stream, from: String(from), to: String(to) }).toString());
  return {
    everyMs: EVERY_MS,
    async streams() {
      const response = await expectOk(url, await ask(''));
      return ((await response.body.json()) as { readonly streams: string[] }).streams;
    },
    async open(stream): Promise<LogSource | undefined> {
      const first = await range(stream, 0, 0);
      if (first.statusCode === 404) {
        await first.body.dump();
        return undefined;
      }
      let known: number | undefined = await sizeOf(url, first);
      return {
        async size() {
          const size = known ?? (await sizeOf(url, await range(stream, 0, 0)));
          known = undefined;
          return size;
        },
        async read(from, to) {
          const parts: Buffer[] = [];
          for (let at = from; at < to; ) {
            const response = await expectOk(url, await range(stream, at, Math.min(to, at + MAX_PEER_BYTES)));
            const part = Buffer.from(await response.body.arrayBuffer());
            if (part.length === 0) break;
            parts.push(part);
            at += part.length;
          }
          return Buffer.concat(parts);
        },
        close: async () => undefined,
      };
    },
  };
}

async function sizeOf(url: string, response: Answer): Promise<number> {
  const { headers, body } = await expectOk(url, response);
  await body.dump();
  return Number(headers[SIZE_HEADER] ?? 0);
}

async function expectOk(url: string, response: Answer): Promise<Answer> {
  if (response.statusCode === 200) return response;
  await response.body.dump();
  throw new SluiceError(
    'PeerUnavailable',
    `The server at ${url} answers with status ${response.statusCode}.`,
    {
      hint: 'Servers of one database need the same version.',
    },
  );
}
