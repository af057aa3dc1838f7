import type { AwsSettings } from '../../core/platforms-settings.ts';
import type { Credentials } from '../../core/sigv4.ts';

/** Credentials, and until when they hold. */
export interface AwsCredentials extends Credentials {
  readonly expiration?: Date;
}

/** Gives credentials; the same until they are about to expire. */
export type AwsCredentialsProvider = () => Promise<AwsCredentials>;

/** How long before their end credentials are renewed, milliseconds. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/** What a server that checks nobody is told: it wants a signature, of whomever. */
const ANYBODY: AwsCredentials = { accessKeyId: 'sluice', secretAccessKey: 'sluice' };

/** The name under which AWS's own logs show the sessions of an assumed role. */
const SESSION_NAME = 'sluice';

/**
 * The credentials of the usual chain (environment, profile, SSO, web identity, container, instance), or those of the role
 * that the settings say is to be assumed with them. At an endpoint that is not AWS's, who has none is anybody.
 */
export async function awsCredentials(
  settings: AwsSettings,
  region: string,
  isAws: boolean,
): Promise<AwsCredentialsProvider> {
  const providers = await import('@aws-sdk/credential-providers');
  const profile = settings.profile === undefined ? {} : { profile: settings.profile };
  const chain: AwsCredentialsProvider = isAws
    ? providers.fromNodeProviderChain(profile)
    : () =>
        // An instance's own role is no matter of such an endpoint, and looking for one takes seconds.
        providers
          .createCredentialChain(providers.fromEnv(), providers.fromIni(profile))()
          .catch(() => ANYBODY);
  const { assumeRole, endpoint } = settings;
  if (!assumeRole) return kept(chain);
  const assumed = providers.fromTemporaryCredentials({
    masterCredentials: kept(chain),
    params: {
      RoleArn: assumeRole.arn,
      RoleSessionName: SESSION_NAME,
      ...(assumeRole.externalId !== undefined && { ExternalId: assumeRole.externalId }),
    },
    clientConfig: { region, ...(endpoint !== undefined && { endpoint }) },
  });
  return kept(() => assumed());
}

/** Asks anew only once what it has is about to expire; of several that ask at once, one does. */
function kept(provider: AwsCredentialsProvider): AwsCredentialsProvider {
  let asking: Promise<AwsCredentials> | undefined;
  let until = 0;
  return async () => {
    if (asking && Date.now() < until) return asking;
    until = Number.POSITIVE_INFINITY;
    const asked = provider();
    asking = asked;
    try {
      const { expiration } = await asked;
      until = expiration ? expiration.getTime() - RENEWED_BEFORE_MS : Number.POSITIVE_INFINITY;
    } catch {
      until = 0;
    }
    return asked;
  };
}
