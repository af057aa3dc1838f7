/** What the pods of jobs and of endpoints have in common. All of it is pure. */
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { PodResources } from './resources.ts';

/** A part of a manifest. */
export type Part = Readonly<Record<string, unknown>>;

/** What a container of the agent asks for. */
export const AGENT_RESOURCES: Part = { requests: { cpu: '50m', memory: '64Mi' } };

/** What it may do: no more than it needs over the files of a user whom it is not told of. */
export const AGENT_SECURITY: Part = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'], add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] },
};

/** Where pods run, and as whom. */
export function podCommon(settings: KubernetesSettings, { nodeSelector, tolerations }: PodResources): Part {
  const { runAs } = settings;
  return {
    // The user's container gets no token: the agent's have one of their own.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.serviceAccount !== undefined && { serviceAccountName: settings.serviceAccount }),
    ...(settings.imagePullSecrets && {
      imagePullSecrets: settings.imagePullSecrets.map((secret) => ({ name: secret })),
    }),
    ...(settings.priorityClass !== undefined && { priorityClassName: settings.priorityClass }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(runAs && {
      securityContext: defined({ runAsUser: runAs.user, runAsGroup: runAs.group, fsGroup: runAs.fsGroup }),
    }),
  };
}

/** An S3 that lets everybody in wants to see credentials all the same. */
export function openVariables({ credentials }: KubernetesSettings): Readonly<Record<string, string>> {
  return credentials === 'none' ? { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' } : {};
}

/** The environment that says how the agent gets into S3. */
export function secretVariables({ credentials = 'role' }: KubernetesSettings): Part {
  if (typeof credentials === 'string') return {};
  return { envFrom: [{ secretRef: { name: credentials.secret } }] };
}

/** When images are pulled. */
export function pullPolicy({ imagePullPolicy }: KubernetesSettings): Part {
  return imagePullPolicy === undefined ? {} : { imagePullPolicy };
}

/** Variables whose values mean themselves. */
export function literalVariables(values: Readonly<Record<string, string>>): Part[] {
  return Object.entries(values).map(([name, value]) => ({ name, value: literal(value) }));
}

/** `$(NAME)` would be filled in by the kubelet. */
export function literal(text: string): string {
  return text.replaceAll('$(', () => '$$(');
}

function defined(values: Readonly<Record<string, unknown>>): Part {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
