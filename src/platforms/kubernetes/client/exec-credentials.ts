import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { SluiceError } from '../../../core/errors.ts';
import type { KubeCredentials } from './kube-access.ts';

/** A program that makes credentials, as a kubeconfig names it. */
export interface ExecPlugin {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly provideClusterInfo?: boolean;
  readonly installHint?: string;
}

/** What the program is told of the cluster. */
export interface ExecCluster {
  readonly server: string;
  readonly 'tls-server-name'?: string | undefined;
  readonly 'insecure-skip-tls-verify'?: boolean | undefined;
  readonly 'certificate-authority-data'?: string | undefined;
}

const LIMIT_MS = 60_000;

/** Credentials are made anew so long before they expire. Milliseconds. */
const EARLY_MS = 30_000;

const VERSIONS = /^client\.authentication\.k8s\.io\/v1(beta1)?$/;

/**
 * Asks a credential plugin (`aws eks get-token`, `gke-gcloud-auth-plugin`, …), and keeps what it says until that expires.
 *
 * @param file - The kubeconfig that names it: a relative path of the command begins there
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function execCredentials(
  plugin: ExecPlugin,
  cluster: ExecCluster,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): (refused?: KubeCredentials) => Promise<KubeCredentials> {
  const apiVersion = plugin.apiVersion ?? 'client.authentication.k8s.io/v1';
  if (!VERSIONS.test(apiVersion))
    throw new SluiceError(
      'ConfigInvalid',
      `${file}: the credential plugin '${plugin.command}' speaks ${apiVersion}; expected client.authentication.k8s.io/v1 or v1beta1.`,
    );
  const spec = { interactive: false, ...(plugin.provideClusterInfo && { cluster: named(cluster) }) };
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec });
  let kept: { readonly credentials: KubeCredentials; readonly until: number } | undefined;
  let asking: Promise<KubeCredentials> | undefined;
  const ask = async (): Promise<KubeCredentials> => {
    const { credentials, until } = parse(await run(plugin, info, file, environment), plugin);
    kept = { credentials, until };
    return credentials;
  };
  return async (refused) => {
    if (kept && refused !== kept.credentials && Date.now() < kept.until - EARLY_MS) return kept.credentials;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/** A plugin's own names. */
function named({ server, ...cluster }: ExecCluster): object {
  return {
    server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster['certificate-authority-data'],
  };
}

function run(
  plugin: ExecPlugin,
  info: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const command = /[/\\]/.test(plugin.command) ? resolve(dirname(file), plugin.command) : plugin.command;
  const env = {
    ...environment,
    ...Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: info,
  };
  return new Promise((done, failed) => {
    const options = { env, timeout: LIMIT_MS, maxBuffer: 1 << 20 };
    const child = execFile(command, [...(plugin.args ?? [])], options, (error, stdout, stderr) => {
      if (!error) return done(stdout);
      const why = error.killed
        ? `it did not end within ${LIMIT_MS / 1000} s`
        : (lastLine(stderr) ?? error.message);
      failed(
        new SluiceError(
          'CredentialsMissing',
          `The credential plugin '${plugin.command}' of ${file} failed: ${why}`,
          {
            cause: error,
            hint: plugin.installHint ?? 'Run it by hand: it may need a login, or is not installed.',
          },
        ),
      );
    });
    child.stdin?.end();
  });
}

function parse(
  text: string,
  { command }: ExecPlugin,
): { readonly credentials: KubeCredentials; readonly until: number } {
  let status: Record<string, string | undefined> | undefined;
  try {
    status = (JSON.parse(text) as { readonly status?: Record<string, string | undefined> }).status;
  } catch {}
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = status ?? {};
  if (token === undefined && (clientCertificateData === undefined || clientKeyData === undefined))
    throw new SluiceError(
      'CredentialsMissing',
      `The credential plugin '${command}' answered with neither a token nor a certificate.`,
    );
  const until =
    expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(expirationTimestamp);
  return { credentials: { token, certificate: clientCertificateData, key: clientKeyData }, until };
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1)?.slice(0, 500) || undefined;
}
