import type { Account } from '../../core/account.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';
import { coreWeaveAccess } from '../coreweave/coreweave-access.ts';
import { coreWeaveSettings } from '../coreweave/coreweave-settings.ts';
import type { Endpoints } from '../endpoints/index.ts';
import { findAccess } from '../kubernetes/client/find-access.ts';
import { openConnection } from '../kubernetes/connection.ts';
import { defaultAgentImage } from '../kubernetes/create-kubernetes-platform.ts';
import { KubernetesEndpoints } from '../kubernetes/endpoints/kubernetes-endpoints.ts';

/** Whose endpoints are opened. */
export interface OpenClusterEndpointsOptions {
  readonly name: 'kubernetes' | 'coreweave';
  readonly settings: PlatformsSettings;
  /** Where the home keeps secrets, a file each. */
  readonly secrets: string;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Opens the endpoints of a cluster. @throws SluiceError `ConfigInvalid`, `CredentialsMissing` */
export async function openClusterEndpoints(options: OpenClusterEndpointsOptions): Promise<Endpoints> {
  const { name, settings: all, secrets, account, environment } = options;
  const settings = all[name] ?? {};
  const isCoreWeave = name === 'coreweave';
  const access = () =>
    isCoreWeave ? coreWeaveAccess(settings, secrets, environment) : findAccess(settings, environment);
  const connection = await openConnection({ name, settings, account, environment, access });
  const { cluster, aws, store, s3 } = connection;
  return new KubernetesEndpoints({
    platform: name,
    cluster,
    settings,
    account,
    store,
    s3,
    agentImage: settings.agentImage ?? defaultAgentImage(),
    ...(isCoreWeave && { settingsFor: (task) => coreWeaveSettings(settings, task, cluster) }),
    close: () => aws.close(),
  });
}
