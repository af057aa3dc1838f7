import { readFileSync } from 'node:fs';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { Platform } from '../platform.ts';
import { findAccess } from './client/find-access.ts';
import { KubernetesPlatform, type KubernetesPlatformOptions } from './kubernetes-platform.ts';

/** What {@link createKubernetesPlatform} works with. */
export interface CreateKubernetesOptions
  extends Omit<KubernetesPlatformOptions, 'name' | 'settings' | 'access' | 'agentImage'> {
  readonly settings: { readonly kubernetes?: KubernetesSettings | undefined };
}

/** Makes the platform that runs job tasks on a Kubernetes cluster. Nothing is asked before its first use. */
export function createKubernetesPlatform({ settings, ...options }: CreateKubernetesOptions): Platform {
  const { kubernetes = {} } = settings;
  return new KubernetesPlatform({
    ...options,
    name: 'kubernetes',
    settings: kubernetes,
    access: () => findAccess(kubernetes, options.environment),
    agentImage: kubernetes.agentImage ?? defaultAgentImage(),
  });
}

/** The agent has to be of the version that submits. */
export function defaultAgentImage(): string {
  const file = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return `sluice/agent:${version}`;
}
