import type { Configuration } from '../../core/config.ts';
import { SluiceError } from '../../core/errors.ts';
import type { Credentials } from '../../core/sigv4.ts';
import type { AwsAccess } from '../../platforms/endpoints/index.ts';
import type { HomeContext } from '../home-context.ts';
import { homeCredentials } from './home-credentials.ts';
import { findHomeServer, type HomeServer } from './home-server.ts';

/** What is asked of the configuration where the server takes keys of it. */
type Keys = () => Promise<Pick<Configuration, 'server'>>;

/**
 * What speaks with the server of a home, as its own programs may; the same as long as the server is the same.
 *
 * @throws SluiceError `ServerUnavailable` where none runs
 */
export function homeServerAccess(context: HomeContext, keys: Keys): () => Promise<AwsAccess> {
  let made: { readonly server: string; readonly access: AwsAccess } | undefined;
  return async () => {
    const server = findHomeServer(context.paths.home);
    if (!server) throw noServer(context.paths.home);
    const key = `${server.url} ${server.pid} ${server.startTime}`;
    if (made?.server !== key) {
      await made?.access.close();
      const { AwsAccess } = await import('../../platforms/endpoints/index.ts');
      const settings = { endpoint: server.url, region: context.account.region };
      const credentials = await credentialsOf(server, context, keys);
      made = { server: key, access: new AwsAccess(settings, context.environment, credentials) };
    }
    return made.access;
  };
}

/** The server says whose credentials it wants. Undefined: the usual ones. */
async function credentialsOf(
  { credentials = 'none' }: HomeServer,
  { paths, environment }: HomeContext,
  keys: Keys,
): Promise<Credentials | undefined> {
  if (credentials === 'none') return { accessKeyId: 'sluice', secretAccessKey: 'sluice' };
  if (credentials === 'home') return homeCredentials(paths.home);
  if (credentials === 'configuration') return Object.values((await keys()).server?.keys ?? {})[0];
  const { SLUICE_ACCESS_KEY_ID: accessKeyId, SLUICE_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}

function noServer(home: string): SluiceError {
  return new SluiceError(
    'ServerUnavailable',
    `No server runs for the home ${home}, and endpoints need one that goes on serving them.`,
    { hint: 'Start it in another terminal: sluice serve' },
  );
}
