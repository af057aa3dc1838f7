import { chmodSync, mkdirSync } from 'node:fs';
import type { Stores } from '../channels/index.ts';
import { type AgentDocument, MAX_DOCUMENT_BYTES, openAgentDocument } from '../contract/agent-document.ts';
import { documentHosts } from '../contract/agent-environment.ts';
import { agentUris, tryOf } from '../contract/agent-places.ts';
import { SluiceError } from '../core/errors.ts';
import type { Host, HostContext, HostLife } from '../hosts/index.ts';
import { parseS3Uri, readSmall } from '../objects/index.ts';
import type { AgentSettings } from './agent-settings.ts';

/** What an agent works with. */
export interface AgentOptions {
  readonly settings: AgentSettings;
  readonly stores: Stores;
  /** Where lines for the container's log go. */
  readonly note: (text: string) => void;
}

/** A job as the agent on one of its hosts knows it. */
export interface AgentJob extends AgentOptions {
  readonly document: AgentDocument;
  readonly uris: ReturnType<typeof agentUris>;
  readonly host: Host;
  /** The names of all hosts; the first one brings together what they leave. */
  readonly hosts: readonly string[];
  /** Ends what the agent does; the job counts as stopped. */
  readonly stopping: AbortController;
}

/** Opens the job that the settings name. @throws SluiceError where its document is not there, or is another one */
export async function openAgentJob(options: AgentOptions): Promise<AgentJob> {
  const { settings, stores, note } = options;
  const { bucket } = parseS3Uri(settings.documentUri);
  const bytes = await readSmall(stores.store(bucket), settings.documentUri, MAX_DOCUMENT_BYTES);
  if (!bytes) throw new SluiceError('NoSuchKey', `The job's document is not at ${settings.documentUri}.`);
  const submitted = openAgentDocument(bytes, settings.digest);
  const document = settings.try ? tryOf(submitted, settings.try) : submitted;
  const hosts = documentHosts(document);
  const index = hosts.indexOf(settings.host);
  if (index < 0) {
    const names = hosts.join(', ');
    throw new SluiceError('InvalidArgument', `The host: expected one of ${names}, got '${settings.host}'.`);
  }
  mkdirSync(settings.directory, { recursive: true });
  const host = { name: settings.host, index, mlDirectory: settings.mlDirectory, log: { note } };
  return {
    ...options,
    document,
    uris: agentUris(document.results),
    host,
    hosts,
    stopping: new AbortController(),
  };
}

/** The user's container may run as another user than an agent that is root: the volume is everybody's then. */
export function openVolume({ host }: AgentJob): void {
  if (process.geteuid?.() !== 0) return;
  process.umask(0);
  mkdirSync(host.mlDirectory, { recursive: true });
  chmodSync(host.mlDirectory, 0o777);
}

/** The job, as what is shared with jobs on this machine wants to know it. */
export function lifeOf<Request>(
  job: AgentJob,
  request: Request,
  more: Partial<Pick<HostLife, 'stopReason' | 'lostSignal'>> = {},
): HostLife<Request> {
  return {
    context: contextOf(job),
    request,
    directory: job.settings.directory,
    stopSignal: job.stopping.signal,
    lostSignal: more.lostSignal ?? new AbortController().signal,
    stopReason: more.stopReason,
  };
}

function contextOf({ stores, settings }: AgentJob): HostContext {
  return {
    stores,
    executor: {
      name: 'container',
      capabilities: { mounts: false, fuse: settings.mountFastFile },
      canOverlay: () => Promise.resolve(false),
    },
    configuration: {},
  };
}
