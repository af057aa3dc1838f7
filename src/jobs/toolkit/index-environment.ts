import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Mount } from '../../contract/mount.ts';

/** What pip in a job needs of this machine: how the package index is reached, and a cache. */
export interface IndexAccess {
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const PASSED_ON =
  /^(?:PIP_.*|(?:https?|all|no)_proxy|(?:HTTPS?|ALL|NO)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/;
const CERTIFICATES = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'PIP_CERT'];
/** What every sandbox shows already. */
const SHOWN = /^\/(?:usr|opt|etc\/(?:ssl|pki|ca-certificates))\//;
const USER_CONFIGURATIONS = ['.config/pip/pip.conf', '.pip/pip.conf'];
const LOOPBACK = 'localhost,127.0.0.1';

/**
 * The settings of this machine's pip and network, for pip in jobs: without them a company's mirror or proxy would
 * not be used. Files are shown read-only where pip looks for them.
 *
 * @param cache where pip keeps what it has downloaded; writable in the job
 */
export async function indexAccess(
  cache: string,
  environment: Environment = process.env,
): Promise<IndexAccess> {
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
  );
  return {
    environment: {
      ...Object.fromEntries(passed.map(([name, value]) => [name, withLoopback(name, value)])),
      PIP_CACHE_DIR: cache,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_INPUT: '1',
      PIP_PROGRESS_BAR: 'off',
      PIP_ROOT_USER_ACTION: 'ignore',
    },
    mounts: [
      { source: cache, target: cache, readOnly: false },
      ...certificateMounts(environment),
      ...configurationMounts(),
    ],
  };
}

/** What runs on this machine is never asked for through a proxy. */
function withLoopback(name: string, value: string): string {
  return name.toLowerCase() === 'no_proxy' && !value.includes('127.0.0.1') ? `${value},${LOOPBACK}` : value;
}

function certificateMounts(environment: Environment): Mount[] {
  return CERTIFICATES.map((name) => environment[name] ?? '')
    .filter((path) => path.startsWith('/') && !SHOWN.test(path) && existsSync(path))
    .map((path) => ({ source: path, target: path, readOnly: true }));
}

/** In the job the home is `/root`. */
function configurationMounts(): Mount[] {
  const home = homedir();
  return [
    { source: '/etc/pip.conf', target: '/etc/pip.conf' },
    ...USER_CONFIGURATIONS.map((name) => ({ source: join(home, name), target: `/root/${name}` })),
  ]
    .filter(({ source }) => statSync(source, { throwIfNoEntry: false })?.isFile())
    .map((mount) => ({ ...mount, readOnly: true }));
}
