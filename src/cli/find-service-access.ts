import type { ServiceAccess } from '../contract/service-environment.ts';
import type { Stores } from '../objects/stores.ts';
import { findHomeServer } from '../server/home-server.ts';
import type { CliContext } from './context.ts';

/**
 * Where jobs of a home reach its services: at its server, while one runs. Not where `s3://` is another store, which the
 * clients in a job would then miss.
 */
export function findServiceAccess(
  { paths, environment }: Pick<CliContext, 'paths' | 'environment'>,
  stores: Stores,
): ServiceAccess | undefined {
  if (stores.store('').kind !== 'directory') return undefined;
  const server = findHomeServer(paths.home);
  if (!server) return undefined;
  const { SLUICE_ACCESS_KEY_ID: accessKeyId, SLUICE_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  return {
    url: server.url,
    // A server without credentials takes any.
    accessKeyId: accessKeyId || 'sluice',
    secretAccessKey: secretAccessKey || 'sluice',
  };
}
