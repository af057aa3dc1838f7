import type { Configuration } from '../core/config.ts';
import type { Credentials } from '../core/sigv4.ts';
import { Peers } from '../jobs/index.ts';
import type { HomeContext } from './home-context.ts';
import { homeCredentials } from './server/home-credentials.ts';
import { findHomeServer } from './server/home-server.ts';

/** How a home reaches the other servers of its database: with the first key that its own server takes. */
export function createPeers(
  { paths, account, environment }: HomeContext,
  configuration: Configuration,
): Peers {
  const own = () => findHomeServer(paths.home);
  return new Peers(
    account.region,
    () => own()?.publicUrl,
    () =>
      sharedKey(environment, configuration) ??
      (own()?.credentials === 'home' ? homeCredentials(paths.home) : undefined),
  );
}

/** A key that may be the same on other machines. */
function sharedKey(
  environment: HomeContext['environment'],
  { server = {} }: Configuration,
): Credentials | undefined {
  const [key] = Object.values(server.keys ?? {});
  if (key) return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
  const accessKeyId = environment['SLUICE_ACCESS_KEY_ID'];
  const secretAccessKey = environment['SLUICE_SECRET_ACCESS_KEY'];
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}
