import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    tokenFile: join(tmpdir(), `no-tokens-${randomUUID()}.json`),
    say: () => undefined,
    ...options,
  });
}
