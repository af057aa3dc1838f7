import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { AwsSettings, KubernetesSettings } from '../../core/platforms-settings.ts';

/** The S3 that pods work with. */
export interface PodS3 {
  readonly access: AwsSettings;
  readonly bucket: string;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|\[::\])$/;

/**
 * Which S3 the pods of a cluster reach: that of the settings, else what the environment names as this home's. Pure.
 *
 * @throws SluiceError `ConfigInvalid` for the embedded store and for an address of this machine alone
 */
export function podS3(
  platform: string,
  { s3 }: KubernetesSettings,
  account: Account,
  environment: Readonly<Record<string, string | undefined>>,
): PodS3 {
  const { bucket = defaultBucket(account), ...access } = s3 ?? fromEnvironment(platform, environment);
  const { endpoint } = access;
  if (endpoint !== undefined && LOOPBACK.test(new URL(endpoint).hostname))
    throw new SluiceError(
      'ConfigInvalid',
      `platforms.${platform}: pods do not reach ${endpoint}: it is an address of this machine alone.`,
      {
        hint: 'Name an address that pods reach: sluice serve --host 0.0.0.0 --credentials listens on all of a machine.',
      },
    );
  return { access: { region: account.region, ...access }, bucket };
}

function fromEnvironment(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
): NonNullable<KubernetesSettings['s3']> {
  const named = environment['SLUICE_S3'];
  if (named === 'aws') return {};
  const endpoint =
    named === 'embedded'
      ? undefined
      : named || environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'];
  if (endpoint) return { endpoint };
  throw new SluiceError(
    'ConfigInvalid',
    `platforms.${platform}: pods do not reach the embedded store of this home.`,
    {
      hint: `Set s3 of platforms.${platform} (endpoint of a sluice serve or another S3, or region of AWS), or SLUICE_S3: docs/kubernetes.md.`,
    },
  );
}
