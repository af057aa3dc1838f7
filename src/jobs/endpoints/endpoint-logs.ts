import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listEndpoints } from '../../state/index.ts';
import type { JobsContext } from '../context.ts';
import { listLogStreams } from '../logs/list-log-streams.ts';
import { LogFile } from '../logs/log-file.ts';
import { type LogSource, localLogs } from '../logs/log-source.ts';
import { peerLogs } from '../logs/peer-logs.ts';

/** One log stream of an endpoint. */
export interface EndpointLogStream {
  readonly variant: string;
  /** `i-0123456789abcdef0` */
  readonly instance: string;
  /** The instance, and of several containers the container's name: `i-…/first`. */
  readonly stream: string;
  /** Opens it, to be closed; undefined where it is gone. */
  readonly open: () => Promise<LogFile | undefined>;
  /** As {@link open}: its bytes. */
  readonly openSource: () => Promise<LogSource | undefined>;
  /** When its file was made: milliseconds since 1970. */
  readonly createdAt: number;
}

/** The logs of a home's endpoints, also of those that were deleted. */
export class EndpointLogs {
  readonly #context: JobsContext;
  readonly #serverOf: (name: string) => Promise<string | undefined>;

  /** @param serverOf where the server is reached that serves an endpoint in place of this process */
  constructor(context: JobsContext, serverOf: (name: string) => Promise<string | undefined>) {
    this.#context = context;
    this.#serverOf = serverOf;
  }

  /** Names that endpoints have or had, as far as there are logs of them. Sorted. */
  async names(): Promise<string[]> {
    const here = await directoryNames(endpointsDirectory(this.#context));
    const elsewhere = this.#context.peers
      ? (await listEndpoints(this.#context.state, { sortBy: 'name' })).map(({ name }) => name)
      : [];
    return [...new Set([...here, ...elsewhere])].sort();
  }

  /** The log streams of an endpoint, also of one that was deleted. */
  async streams(name: string): Promise<EndpointLogStream[]> {
    const own = await this.ownStreams(name);
    const server = await this.#serverOf(name);
    if (server === undefined || !this.#context.peers) return own;
    const logs = peerLogs(this.#context.peers, server, `endpoint/${name}`);
    const there = (await logs.streams()).map((each): EndpointLogStream => {
      const [variant = '', ...rest] = each.split('/');
      const stream = rest.join('/');
      const openSource = () => logs.open(each);
      const open = () => LogFile.in(logs, each, stream);
      return { variant, instance: rest[0] ?? '', stream, open, openSource, createdAt: 0 };
    });
    return [...own, ...there];
  }

  /** As {@link streams}, as far as they lie on this machine. */
  async ownStreams(name: string): Promise<EndpointLogStream[]> {
    const streams: EndpointLogStream[] = [];
    if (!/^[a-zA-Z0-9-]+$/.test(name)) return streams;
    for (const variant of (await directoryNames(endpointDirectory(this.#context, name))).sort()) {
      const directory = join(endpointDirectory(this.#context, name), variant);
      for (const stream of await listLogStreams(join(directory, 'logs'))) {
        const { birthtime } = await stat(join(directory, 'logs', `${stream}.log`));
        const [instance = ''] = stream.split('/');
        const open = () => LogFile.open(directory, stream);
        const openSource = () => localLogs(join(directory, 'logs')).open(stream);
        streams.push({ variant, instance, stream, open, openSource, createdAt: birthtime.getTime() });
      }
    }
    return streams;
  }
}

/** The directory of an endpoint, which outlives it. */
export function endpointDirectory(context: JobsContext, name: string): string {
  return join(endpointsDirectory(context), name);
}

function endpointsDirectory({ home }: JobsContext): string {
  return join(home.jobs, 'endpoint');
}

async function directoryNames(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}
