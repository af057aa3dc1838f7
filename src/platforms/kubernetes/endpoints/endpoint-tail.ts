import type { KubePod } from '../client/objects.ts';
import { readLines } from '../client/read-lines.ts';
import type { EndpointObjects } from './endpoint-objects.ts';

/** Bytes of all lines together. */
const MOST = 4096;

/** The last lines of the newest of some pods that has printed any; none where they cannot be read. */
export async function endpointTail(
  objects: EndpointObjects,
  pods: readonly KubePod[],
  count: number,
): Promise<string[]> {
  const newest = pods.toSorted((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
  for (const pod of newest)
    for (const previous of [false, true]) {
      // The reason of the failure stands by itself.
      const lines = await tailOf(objects, pod, { tailLines: count, previous }).catch(() => []);
      if (lines.length > 0) return withinSize(lines);
    }
  return [];
}

function withinSize(lines: readonly string[]): string[] {
  let left = MOST;
  const kept = lines
    .toReversed()
    .map((line) => line.slice(0, MOST / 4))
    .filter((line) => (left -= line.length) >= 0);
  return kept.toReversed();
}

async function tailOf(
  objects: EndpointObjects,
  pod: KubePod,
  options: { readonly tailLines: number; readonly previous: boolean },
): Promise<string[]> {
  const { path, container } = objects.logOf(pod);
  const query = { container, ...options, limitBytes: 1 << 20 };
  const stream = await objects.cluster.client.stream(`${path}/log`, { query, what: 'read the log of a pod' });
  try {
    return (await Array.fromAsync(readLines(stream))).map((line) => line.toString('utf8'));
  } finally {
    stream.destroy();
  }
}

function createdAt({ metadata }: KubePod): string {
  return metadata.creationTimestamp ?? '';
}
