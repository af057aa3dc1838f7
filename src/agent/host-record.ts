import type { Stores } from '../channels/index.ts';
import { writeObject } from '../channels/index.ts';
import { type ExpectedResult, MAX_RESULT_BYTES, open, seal } from '../contract/agent-result.ts';
import { SluiceError } from '../core/errors.ts';
import { pollUntil } from '../core/poll-until.ts';
import { parseS3Uri, readSmall } from '../objects/index.ts';
import type { AgentJob } from './agent-job.ts';
import type { ContainerEnd } from './ends/end-source.ts';

/** The value of a metric. */
export interface RecordedMetric {
  readonly name: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What one host of a job has come to. */
export interface HostRecord {
  readonly attempt: string;
  /** Of the document. */
  readonly digest: string;
  readonly host: string;
  readonly end: ContainerEnd;
  /** Why the job fails, whatever the container's end. */
  readonly failureReason?: string | undefined;
  /** The failure file, base64. */
  readonly failure?: string | undefined;
  /** The exit message, base64. */
  readonly message?: string | undefined;
  readonly metrics: readonly RecordedMetric[];
  /** SHA-256 of what it left to be merged, by the names of the parts. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Milliseconds. */
const LOOK_MS = 1000;

/** What a job's signed objects have to be. */
export function expectedOf({ settings, document }: AgentJob): ExpectedResult {
  return { key: settings.key, digest: settings.digest.toLowerCase(), attempt: document.attempt };
}

/** Writes a small object. */
export async function writeText(stores: Stores, uri: string, text: string): Promise<void> {
  const body = Buffer.from(text);
  await writeObject({
    uri,
    body: (async function* () {
      yield body;
    })(),
    size: body.length,
    stores,
  });
}

/** Leaves a host's record for the first host. */
export async function writeRecord(job: AgentJob, record: HostRecord): Promise<void> {
  await writeText(job.stores, job.uris.host(record.host), seal('host', record, job.settings.key));
}

/**
 * Waits for the records of all other hosts.
 *
 * @throws SluiceError `PlatformUnavailable` where one does not come in time
 */
export async function readRecords(job: AgentJob, limitMs: number): Promise<HostRecord[]> {
  const others = job.hosts.filter((name) => name !== job.host.name);
  const found = new Map<string, HostRecord>();
  await pollUntil(
    async () => {
      for (const name of others) if (!found.has(name)) await readRecord(job, name, found);
      return found.size === others.length;
    },
    { everyMs: LOOK_MS, limitMs },
  );
  const missing = others.filter((name) => !found.has(name));
  if (missing.length === 0) return others.map((name) => found.get(name) as HostRecord);
  throw new SluiceError('PlatformUnavailable', `No results came from the hosts ${missing.join(', ')}.`);
}

/** The records of all other hosts; undefined where one is not there yet. */
export async function lookForRecords(job: AgentJob): Promise<HostRecord[] | undefined> {
  const others = job.hosts.filter((name) => name !== job.host.name);
  const found = new Map<string, HostRecord>();
  for (const name of others) await readRecord(job, name, found);
  return found.size === others.length ? others.map((name) => found.get(name) as HostRecord) : undefined;
}

/** One that is forged, or of an attempt before, counts as none: the true one may still come. */
async function readRecord(job: AgentJob, name: string, found: Map<string, HostRecord>): Promise<void> {
  const uri = job.uris.host(name);
  const store = job.stores.store(parseS3Uri(uri).bucket);
  const bytes = await readSmall(store, uri, MAX_RESULT_BYTES).catch(() => undefined);
  if (!bytes) return;
  try {
    const record = open<HostRecord>('host', bytes, expectedOf(job));
    if (record.host === name) found.set(name, record);
  } catch {
    // As if it was not there.
  }
}
