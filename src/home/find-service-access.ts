import type { CredentialsHolder, ServiceAccess } from '../contract/service-environment.ts';
import type { OpenStores } from '../objects/index.ts';
import { jobSecret } from './server/home-credentials.ts';
import { findHomeServer } from './server/home-server.ts';
import { jobCredentials } from './server/job-credentials.ts';

/**
 * Where jobs of a home reach its services: at its server, while one runs. Not where `s3://` is another store, which the
 * clients in a job would then miss; but where servers share that store, each says where it is.
 *
 * @param shared whether several servers share the database, and a store
 */
export function findServiceAccess(
  home: string,
  stores: OpenStores,
  holder: CredentialsHolder,
  shared = false,
): ServiceAccess | undefined {
  if (!shared && stores.store('').kind !== 'directory') return undefined;
  const server = findHomeServer(home);
  if (!server) return undefined;
  // A server without credentials takes any.
  return { url: server.url, ...jobCredentials(jobSecret(home), holder) };
}
