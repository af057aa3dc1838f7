import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeObject } from '../channels/index.ts';
import { metricDefinitions } from '../contract/algorithm-metrics.ts';
import { createMetricCapture } from '../contract/metrics.ts';
import { bestEffort, decodeLine, LogSplitter } from '../hosts/index.ts';
import type { AgentJob } from './agent-job.ts';
import type { EndSource } from './ends/end-source.ts';
import type { RecordedMetric } from './host-record.ts';

/** Of a log: what is longer is cut off, for the disk is the machine's. Bytes. */
const MOST_BYTES = 1024 ** 3;

/** What the kubelet writes before each line. */
const TIME = /^\S+Z /;

/** Keeps what the user's container has printed beside the results, and finds its metrics. Best effort. */
export async function readMetrics(
  job: AgentJob,
  source: EndSource,
  mostBytes = MOST_BYTES,
): Promise<RecordedMetric[]> {
  const file = join(job.settings.directory, 'log');
  const found = await bestEffort([job.host], async () => {
    const log = source.log();
    if (!log) return [];
    await pipeline(upTo(mostBytes, log, job.note), createWriteStream(file, { mode: 0o600 }));
    await writeObject({ uri: job.uris.log(job.host.name), body: createReadStream(file), stores: job.stores });
    return captureMetrics(job, createReadStream(file), source.isTimed ?? false);
  });
  await rm(file, { force: true });
  return found ?? [];
}

async function* upTo(
  mostBytes: number,
  log: AsyncIterable<Uint8Array>,
  note: AgentJob['note'],
): AsyncGenerator<Uint8Array> {
  let left = mostBytes;
  for await (const piece of log) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left > 0) continue;
    note(
      `The log has more than ${mostBytes} bytes: no metric is looked for in what follows, nor is it kept.`,
    );
    return;
  }
}

async function captureMetrics(
  { document, note }: AgentJob,
  log: AsyncIterable<Buffer>,
  isTimed: boolean,
): Promise<RecordedMetric[]> {
  if (document.jobType !== 'training') return [];
  const now = new Date();
  const capture = createMetricCapture(metricDefinitions(document.request), (name) =>
    note(`The metric '${name}' is not looked for any more: its expression took too long on a line.`),
  );
  const messageOf = (line: string): string => (isTimed ? line.replace(TIME, '') : line);
  const splitter = new LogSplitter(
    (lines) =>
      void capture.observe(
        lines.map((line) => messageOf(decodeLine(line))),
        now,
      ),
  );
  for await (const piece of log) splitter.push(piece);
  splitter.end();
  return capture.final().map(({ MetricName, Value }) => ({
    name: MetricName as string,
    value: Value as number,
    at: now.getTime(),
  }));
}
