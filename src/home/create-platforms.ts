import type { Bundles } from '../bundles/index.ts';
import type { Account } from '../core/account.ts';
import type { PlatformsSettings } from '../core/platforms-settings.ts';
import type { Jobs } from '../jobs/index.ts';
import type { OpenStores } from '../objects/index.ts';
import type { AwsAccess } from '../platforms/endpoints/index.ts';
import { createLocalPlatform, type Platform } from '../platforms/index.ts';

/** The platforms of a home, by name. */
export interface HomePlatforms extends Readonly<Record<string, Platform>> {
  /** This machine. */
  readonly local: Platform;
}

/** What the platforms of a home work with. */
export interface PlatformParts {
  readonly jobs: Jobs;
  readonly stores: OpenStores;
  readonly account: Account;
  readonly bundles: Bundles;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the home keeps secrets, a file each. */
  readonly secrets: string;
  /** What speaks with the server of the home. @throws SluiceError `ServerUnavailable` where none runs */
  readonly server: () => Promise<AwsAccess>;
  /** Which platforms there are beside this machine: those that have settings. */
  readonly settings: PlatformsSettings;
}

/** What makes each platform beside this machine, loaded where it is enabled. Nothing is asked of it before its first use. */
const MAKERS: {
  readonly [Name in keyof PlatformsSettings]?: (
    settings: NonNullable<PlatformsSettings[Name]>,
    parts: PlatformParts,
  ) => Promise<Platform>;
} = {
  sagemaker: async (_, { settings, stores, bundles, account, environment }) => {
    const { createSageMakerPlatform } = await import('../platforms/index.ts');
    return createSageMakerPlatform({ settings, stores, bundles, account, environment });
  },
  kubernetes: async (_, { settings, stores, bundles, account, environment }) => {
    const { createKubernetesPlatform } = await import('../platforms/index.ts');
    return createKubernetesPlatform({ settings, stores, bundles, account, environment });
  },
  coreweave: async (_, { settings, stores, bundles, account, environment, secrets }) => {
    const { createCoreWeavePlatform } = await import('../platforms/index.ts');
    return createCoreWeavePlatform({ settings, stores, bundles, account, environment, secrets });
  },
  batch: async (_, { settings, stores, bundles, account, environment }) => {
    const { createBatchPlatform } = await import('../platforms/index.ts');
    return createBatchPlatform({ settings, stores, bundles, account, environment });
  },
  emr: async (_, { settings, stores, bundles, account, environment }) => {
    const { createEmrPlatform } = await import('../platforms/index.ts');
    return createEmrPlatform({ settings, stores, bundles, account, environment });
  },
};

/** The platforms that the configuration enables. */
export async function createPlatforms(parts: PlatformParts): Promise<HomePlatforms> {
  const { settings, jobs, stores, account, bundles, server } = parts;
  const local = createLocalPlatform({
    jobs,
    stores,
    account,
    bundles,
    server,
    jobsAtOnce: settings.local?.jobsAtOnce,
  });
  const others: Record<string, Platform> = {};
  for (const [name, make] of Object.entries(MAKERS) as [keyof PlatformsSettings, Maker][]) {
    const own = settings[name];
    if (own) others[name] = await make(own, parts);
  }
  return { local, ...others };
}

type Maker = (settings: unknown, parts: PlatformParts) => Promise<Platform>;
