import { appendFileSync, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentJob,
  collect,
  feed,
  openAgentJob,
  prepare,
  readAgentSettings,
  toldEnd,
} from '../../src/agent/index.ts';
import { type AgentDocument, sealAgentDocument } from '../../src/contract/agent-document.ts';
import { agentEnvironment, documentHosts } from '../../src/contract/agent-environment.ts';
import { AGENT_VARIABLES, agentUris } from '../../src/contract/agent-places.ts';
import { type AgentResult, newAgentKey, openAgentResult } from '../../src/contract/agent-result.ts';
import { createSandboxExecutor, type Execution } from '../../src/executors/index.ts';
import { objectBytes } from './job-requests.ts';
import type { JobsFixture } from './jobs.ts';

/** A job whose contract the agent keeps, around containers that this machine's sandbox stands for. */
export interface Elsewhere extends AsyncDisposable {
  readonly document: AgentDocument;
  readonly digest: string;
  readonly key: string;
  /** What the agents have said. */
  readonly notes: string[];
  /** The agent of a host, as one of its containers opens it. */
  open(host: string): Promise<AgentJob>;
  /** The directory of a host that its agents and its user's container have. */
  ml(host: string): string;
  /** All there is of the job's result. @throws SluiceError where it is none */
  result(): Promise<AgentResult>;
}

/** Submits a job as a platform does: its document is in the store, its key is with the agents. */
export async function submitElsewhere(
  fixture: JobsFixture,
  document: AgentDocument,
  environment: Readonly<Record<string, string>> = {},
): Promise<Elsewhere> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-elsewhere-'));
  const { text, digest } = sealAgentDocument(document);
  const uris = agentUris(document.results);
  const keyOf = (uri: string): string => uri.replace(`s3://${fixture.bucket}/`, '');
  await fixture.store.put(fixture.bucket, keyOf(uris.document), text);
  const key = newAgentKey();
  const notes: string[] = [];
  const ml = (host: string): string => join(directory, host, 'opt', 'ml');
  return {
    document,
    digest,
    key,
    notes,
    ml,
    open: (host) =>
      openAgentJob({
        settings: readAgentSettings(
          {
            [AGENT_VARIABLES.document]: uris.document,
            [AGENT_VARIABLES.digest]: digest,
            [AGENT_VARIABLES.key]: key,
            [AGENT_VARIABLES.host]: host,
            ...environment,
          },
          { mlDirectory: ml(host), directory: join(directory, host, 'agent') },
        ),
        stores: { store: () => fixture.store },
        note: (line) => notes.push(line),
      }),
    result: async () => {
      const bytes = await objectBytes(fixture, keyOf(uris.result)).catch(() => undefined);
      return openAgentResult(bytes, { key, digest, attempt: document.attempt });
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** What runs in the user's container, and what happens to it. */
export interface UserContainer {
  readonly command: readonly string[];
  /** Ends the job as a platform does, once this file is in /opt/ml. */
  readonly stopOnce?: string | undefined;
}

/** Prepares, runs and collects a job on all its hosts. @returns its result */
export async function runElsewhere(
  job: Elsewhere,
  { command, stopOnce }: UserContainer,
): Promise<AgentResult> {
  const hosts = documentHosts(job.document);
  const run = async (name: string): Promise<void> => {
    const ready = await job.open(name);
    if (await prepare(ready)) return;
    const ended = new AbortController();
    const feeding = feed(await job.open(name), ended.signal);
    const log = join(ready.settings.directory, 'printed');
    const execution = await startContainer(job, name, command, log);
    const stopping = stopOnce === undefined ? undefined : stopWhen(execution, join(job.ml(name), stopOnce));
    const { exitCode, stopped } = await execution.ended;
    await stopping;
    ended.abort();
    await feeding;
    await collect(await job.open(name), toldEnd({ exitCode, stopped }, log));
  };
  await Promise.all(hosts.map(run));
  return job.result();
}

/** Starts the user's container of a host. */
export function startContainer(
  { document, ml }: Elsewhere,
  host: string,
  command: readonly string[],
  log: string,
  more: {
    readonly port?: number;
    readonly mounts?: Parameters<ReturnType<typeof createSandboxExecutor>['start']>[0]['mounts'];
  } = {},
): Promise<Execution> {
  const { availableParallelism } = process.getBuiltinModule('node:os');
  return createSandboxExecutor().start({
    command,
    environment: agentEnvironment(document, host, { cpus: availableParallelism(), gpus: 0, port: more.port }),
    mlDirectory: ml(host),
    hostname: host,
    hosts: documentHosts(document),
    ...(more.mounts && { mounts: more.mounts }),
    onOutput: (_stream, chunk) => appendFileSync(log, chunk),
  });
}

async function stopWhen(execution: Execution, file: string): Promise<void> {
  const looking = setInterval(() => existsSync(file) && void execution.stop({ graceMs: 60_000 }), 20);
  await execution.ended;
  clearInterval(looking);
}
