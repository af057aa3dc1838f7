import { SluiceError } from '../../core/errors.ts';
import { type ObjectStore, parseS3Uri } from '../../objects/index.ts';
import type { KubeClient } from './client/kube-client.ts';
import { readLines } from './client/read-lines.ts';
import type { HostPosition } from './log-cursor.ts';

/** One line of a container, and when it was printed. */
export interface PodLine {
  /** As the kubelet writes it: `2026-11-28T10:00:00.123456789Z`. */
  readonly time: string;
  readonly message: string;
}

/** The lines of a container of a pod, as the kubelet has them. */
export async function* livePodLines(
  client: KubeClient,
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  position: HostPosition | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<PodLine> {
  // Whole seconds: what came before is left out here.
  const sinceTime = position && `${position.time.slice(0, 19)}Z`;
  const stream = await client.stream(`${path}/log`, {
    query: { ...query, timestamps: true, sinceTime },
    signal,
    what: 'read the log of a pod',
  });
  try {
    yield* after(parsed(readLines(stream)), position);
  } finally {
    stream.destroy();
  }
}

/** The same from what the agent has kept. Nothing where it has kept nothing. */
export async function* storedLines(
  store: ObjectStore,
  uri: string,
  position: HostPosition | undefined,
): AsyncGenerator<PodLine> {
  const { bucket, key } = parseS3Uri(uri);
  try {
    const { size, etag } = await store.head(bucket, key);
    const { body } = await store.get(bucket, key, { size, ifMatch: etag });
    yield* after(parsed(readLines(body)), position);
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.code.startsWith('NoSuch')) throw error;
  }
}

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) (.*)$/s;

/** What a kubelet answers in place of a log that is gone. */
const NO_LOG = /^unable to retrieve container logs for \w+:\/\//;

async function* parsed(lines: AsyncIterable<Buffer>): AsyncGenerator<PodLine> {
  let last = '1970-01-01T00:00:00Z';
  for await (const line of lines) {
    const text = line.toString('utf8');
    if (NO_LOG.test(text)) continue;
    const [, time = last, message = text] = LINE.exec(text) ?? [];
    last = time;
    yield { time, message: message.replace(/\r$/, '') };
  }
}

/** What comes after a position. */
async function* after(
  lines: AsyncIterable<PodLine>,
  position: HostPosition | undefined,
): AsyncGenerator<PodLine> {
  let left = position?.count ?? 0;
  for await (const line of lines) {
    if (position) {
      const order = compareTimes(line.time, position.time);
      if (order < 0) continue;
      if (order === 0 && left-- > 0) continue;
    }
    yield line;
  }
}

/** Times with a different number of digits. Pure. */
export function compareTimes(a: string, b: string): number {
  const [one, other] = [padded(a), padded(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function padded(time: string): string {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}
