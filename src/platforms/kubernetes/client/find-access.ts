import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { SluiceError } from '../../../core/errors.ts';
import type { KubernetesSettings } from '../../../core/platforms-settings.ts';
import type { KubeAccess } from './kube-access.ts';
import { readKubeconfig, tokenFile } from './kubeconfig.ts';

/** Where a pod finds who it is. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that is meant: the settings' kubeconfig, `KUBECONFIG`, `~/.kube/config`, or the cluster that this process
 * runs in.
 *
 * @throws SluiceError `ConfigInvalid`, `CredentialsMissing` where there is none
 */
export async function findAccess(
  { kubeconfig, context, namespace }: KubernetesSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KubeAccess> {
  const found = await find(kubeconfig, context, environment);
  return namespace === undefined ? found : { ...found, namespace };
}

async function find(
  kubeconfig: string | undefined,
  context: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KubeAccess> {
  const home = environment['HOME'] || homedir();
  const usual = join(home, '.kube/config');
  if (kubeconfig !== undefined)
    return readKubeconfig([resolve(kubeconfig.replace(/^~(?=\/)/, home))], { context, environment });
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0)
    return readKubeconfig(
      named.map((file) => resolve(file)),
      { context, environment },
    );
  if (context !== undefined || existsSync(usual)) return readKubeconfig([usual], { context, environment });
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (host) return inCluster(host, environment['KUBERNETES_SERVICE_PORT'] || '443');
  throw new SluiceError('CredentialsMissing', 'Nothing says which Kubernetes cluster is meant.', {
    hint: `Set platforms.kubernetes.kubeconfig or KUBECONFIG, or make ${usual}: kubectl config view shows what kubectl uses.`,
  });
}

/** The cluster that this process runs in, as the service account of its pod. */
async function inCluster(host: string, port: string): Promise<KubeAccess> {
  const read = (name: string): Promise<string> =>
    readFile(join(ACCOUNT, name), 'utf8').catch((cause: unknown) => {
      throw new SluiceError(
        'CredentialsMissing',
        `This pod has no service account: ${join(ACCOUNT, name)} cannot be read.`,
        {
          cause,
          hint: 'Give the pod a serviceAccountName, and leave automountServiceAccountToken on; or name a kubeconfig.',
        },
      );
    });
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: (await read('namespace')).trim(),
    ca: await read('ca.crt'),
    source: "this pod's service account",
    credentials: tokenFile(join(ACCOUNT, 'token')),
  };
}
