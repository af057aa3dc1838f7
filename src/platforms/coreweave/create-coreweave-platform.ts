import type { CoreWeaveSettings } from '../../core/platforms-settings.ts';
import { defaultAgentImage } from '../kubernetes/create-kubernetes-platform.ts';
import { KubernetesPlatform, type KubernetesPlatformOptions } from '../kubernetes/kubernetes-platform.ts';
import type { Platform } from '../platform.ts';
import { coreWeaveAccess } from './coreweave-access.ts';
import { coreWeaveSettings } from './coreweave-settings.ts';

/** What {@link createCoreWeavePlatform} works with. */
export interface CreateCoreWeaveOptions
  extends Omit<KubernetesPlatformOptions, 'name' | 'settings' | 'settingsFor' | 'access' | 'agentImage'> {
  readonly settings: { readonly coreweave?: CoreWeaveSettings | undefined };
  /** Where the home keeps secrets, a file each. */
  readonly secrets: string;
}

/** Makes the platform that runs job tasks on CoreWeave's Kubernetes. Nothing is asked before its first use. */
export function createCoreWeavePlatform({ settings, secrets, ...options }: CreateCoreWeaveOptions): Platform {
  const { coreweave = {} } = settings;
  return new KubernetesPlatform({
    ...options,
    name: 'coreweave',
    settings: coreweave,
    access: () => coreWeaveAccess(coreweave, secrets, options.environment),
    agentImage: coreweave.agentImage ?? defaultAgentImage(),
    settingsFor: (task, cluster) => coreWeaveSettings(coreweave, task, cluster),
  });
}
