import { hostname, networkInterfaces } from 'node:os';

/** What a host's name says: that the request is for this server, and perhaps for which bucket. */
export interface HostMatch {
  readonly bucket?: string;
}

/** Where a server listens, and what else it is called. */
export interface OwnHostsOptions {
  /** The address that it listens on. */
  readonly host: string;
  /** Further names that lead to it; `*` is any. */
  readonly allowedHosts: readonly string[];
}

const PATH_STYLE: HostMatch = {};
const MAX_KNOWN = 1000;
const LOOPBACK_NAMES = ['localhost', 'localhost.localdomain', 's3.localhost', 's3.localhost.localdomain'];

/**
 * The names that requests may be for. A page in a browser that has had its own name lead to this machine (DNS rebinding)
 * still says that name.
 */
export class OwnHosts {
  /** In front of which a bucket's name may stand. */
  readonly #names: ReadonlySet<string>;
  readonly #all: boolean;
  readonly #everyAddress: boolean;
  readonly #known = new Map<string, HostMatch>();

  constructor({ host, allowedHosts }: OwnHostsOptions) {
    this.#everyAddress = isEveryAddress(host);
    this.#all = allowedHosts.includes('*');
    this.#names = new Set([
      ...LOOPBACK_NAMES,
      ...(this.#everyAddress ? [hostname().toLowerCase()] : []),
      ...[host, ...allowedHosts].map((name) => hostOf(name) ?? hostOf(`[${name}]`) ?? name),
    ]);
  }

  /** @param authority the Host header: `127.0.0.1:4777` */
  match(authority: string): HostMatch | undefined {
    const before = this.#known.get(authority);
    if (before) return before;
    const name = hostOf(authority);
    const match = name === undefined ? undefined : this.#find(name);
    if (!match) return undefined;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(authority, match);
    return match;
  }

  #find(name: string): HostMatch | undefined {
    if (this.#names.has(name) || /^127(\.\d{1,3}){3}$|^\[::1\]$/.test(name)) return PATH_STYLE;
    if (this.#everyAddress && isOwnAddress(name)) return PATH_STYLE;
    const bucket = this.#bucketOf(name);
    if (bucket !== undefined) return { bucket };
    return this.#all ? PATH_STYLE : undefined;
  }

  /** `data` of `data.s3.localhost`: the longest of the own names counts. */
  #bucketOf(name: string): string | undefined {
    for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
      if (this.#names.has(name.slice(dot + 1))) return name.slice(0, dot);
    }
    return undefined;
  }
}

/** Whether a server that listens there is reached at every address of the machine. */
export function isEveryAddress(host: string): boolean {
  return host === '' || hostOf(host) === '0.0.0.0' || host === '::' || hostOf(host) === '[::]';
}

/** The name or address of an authority, lower-case, without port and last dot; undefined where it is none. */
export function hostOf(authority: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::\d{1,5})?$/i.exec(authority);
  if (!match?.[1]) return undefined;
  const name = match[1].toLowerCase();
  if (!name.startsWith('[')) return name;
  // `[0:0:0:0:0:0:0:1]` is `[::1]`.
  return URL.canParse(`http://${name}`) ? new URL(`http://${name}`).hostname : undefined;
}

function isOwnAddress(name: string): boolean {
  if (!/^[\d.]+$|^\[/.test(name)) return false;
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ address, family }) => name === (family === 'IPv6' ? hostOf(`[${address}]`) : address));
}

/** An address at which clients elsewhere reach a server that listens there. */
export function reachableHost(host: string): string {
  if (!isEveryAddress(host)) return host;
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
  return outer?.address ?? '127.0.0.1';
}

/** An address at which programs of this machine reach it. */
export function localHost(host: string): string {
  return isEveryAddress(host) ? '127.0.0.1' : host;
}
