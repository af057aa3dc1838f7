import {
  type AdminSettings,
  FlyteAdmin,
  type FlyteAdminOptions,
} from '../../../src/flyte/registration/index.ts';

/** Opens a FlyteAdmin without TLS. */
export function openAdmin(
  { endpoint }: { readonly endpoint: string },
  settings: Partial<AdminSettings> = {},
  options: Partial<FlyteAdminOptions> = {},
): Promise<FlyteAdmin> {
  return FlyteAdmin.open({
    settings: { endpoint, insecure: true, insecureSkipVerify: false, ...settings },
    environment: {},
    // Where nothing can be kept.
    tokenFile: '/dev/null/tokens.json',
    say: () => undefined,
    ...options,
  });
}
