import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../core/errors.ts';
import type { CoreWeaveSettings } from '../../core/platforms-settings.ts';
import { findAccess } from '../kubernetes/client/find-access.ts';
import type { KubeAccess } from '../kubernetes/client/kube-access.ts';

/** The API server and key of the settings; without an `endpoint`, what a kubeconfig says. @throws SluiceError */
export async function coreWeaveAccess(
  settings: CoreWeaveSettings,
  secrets: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KubeAccess> {
  const { endpoint, auth, namespace = 'default' } = settings;
  if (endpoint === undefined) return findAccess(settings, environment);
  if (!auth)
    throw new SluiceError('ConfigInvalid', 'platforms.coreweave: auth: an endpoint needs a key.', {
      hint: 'Set auth: { type: api-key, secret: NAME }, or a kubeconfig in place of the endpoint.',
    });
  return {
    server: endpoint.replace(/\/+$/, ''),
    namespace,
    source: `platforms.coreweave.endpoint, ${endpoint}`,
    credentials: async () => ({ token: await readSecret(auth.secret, secrets, environment) }),
  };
}

/** A secret by its name: an environment variable, else a file of the home. */
async function readSecret(
  name: string,
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const value = environment[name];
  if (value) return value;
  const file = join(directory, name);
  try {
    if (!/^[\w.-]+$/.test(name)) throw new Error('it is no name of a file');
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new SluiceError(
      'CredentialsMissing',
      `platforms.coreweave.auth.secret: there is neither an environment variable '${name}' nor the file ${file}.`,
      { cause },
    );
  }
}
