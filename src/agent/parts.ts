import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { uploadArchive } from '../channels/index.ts';
import {
  EXIT_MESSAGE_FILE,
  FAILURE_FILE,
  MODEL_DIRECTORY,
  OUTPUT_DATA_DIRECTORY,
} from '../contract/paths.ts';
import {
  type Host,
  type HostFile,
  hostPath,
  jobPlace,
  makeHostFiles,
  processingOutputs,
  unpackArchive,
} from '../hosts/index.ts';
import type { AgentJob } from './agent-job.ts';
import type { HostRecord } from './host-record.ts';

/** Directories that the hosts' contents of are merged, by the names of their parts. Pure. */
function partDirectories({ document }: AgentJob): Readonly<Record<string, string>> {
  if (document.jobType === 'training') return { model: MODEL_DIRECTORY, output: OUTPUT_DATA_DIRECTORY };
  if (document.jobType === 'transform') return {};
  const outputs = processingOutputs(document.request).filter(({ continuous }) => !continuous);
  return Object.fromEntries(outputs.map(({ localPath }, index) => [`output-${index}`, localPath]));
}

/** Leaves what this host has for the first one to merge. @returns the parts' SHA-256 by name */
export async function writeParts(job: AgentJob, signal: AbortSignal): Promise<Record<string, string>> {
  const { host, stores, uris } = job;
  const digests: Record<string, string> = {};
  for (const [name, path] of Object.entries(partDirectories(job))) {
    const hash = createHash('sha256');
    const uploaded = await uploadArchive({
      directory: hostPath(host.mlDirectory, path),
      root: host.mlDirectory,
      names: [path],
      uri: uris.part(host.name, name),
      stores,
      signal,
      onPiece: (piece) => hash.update(piece),
      onLeftOut: (message) => host.log.note(`Warning: ${path}: ${message}`),
    });
    if (uploaded) digests[name] = hash.digest('hex');
  }
  return digests;
}

/** Brings what another host has left into the agent's own directory, as that host's /opt/ml. */
export async function fetchParts(job: AgentJob, record: HostRecord, signal: AbortSignal): Promise<Host> {
  const { settings, hosts, host, stores, uris } = job;
  const mlDirectory = join(settings.directory, 'hosts', record.host, 'opt', 'ml');
  const directories = partDirectories(job);
  makeHostFiles(mlDirectory, Object.values(directories), leftFiles(record));
  for (const [name, sha256] of Object.entries(record.parts)) {
    const path = directories[name];
    if (path === undefined) continue;
    await unpackArchive({
      uri: uris.part(record.host, name),
      sha256,
      place: jobPlace(mlDirectory, path),
      names: [path],
      stores,
      signal,
      // What was packed here is as large as it is.
      settings: { maxRatio: Number.POSITIVE_INFINITY },
    });
  }
  return { name: record.host, index: hosts.indexOf(record.host), mlDirectory, log: host.log };
}

function leftFiles({ failure, message }: HostRecord): HostFile[] {
  return [
    { path: FAILURE_FILE, content: failure },
    { path: EXIT_MESSAGE_FILE, content: message },
  ].flatMap(({ path, content }) =>
    content === undefined ? [] : { path, content: Buffer.from(content, 'base64') },
  );
}
