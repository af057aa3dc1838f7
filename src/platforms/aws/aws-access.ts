import type { Account } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { AwsSettings } from '../../core/platforms-settings.ts';
import type { Credentials } from '../../core/sigv4.ts';
import { type ObjectStore, openStore } from '../../objects/index.ts';
import { type AwsCredentialsProvider, awsCredentials } from './aws-credentials.ts';
import { awsError } from './aws-error.ts';
import { isAwsEndpoint } from './is-aws-endpoint.ts';

/** What every client of AWS is made with. */
export interface AwsClientConfig {
  readonly region: string;
  readonly credentials: AwsCredentialsProvider;
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
}

/** What a client has that is held here. */
interface Destroyable {
  destroy(): void;
}

/** Tries of one request, the first included. */
const ATTEMPTS = 4;
const CONNECT_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 60_000;

/**
 * AWS, or what speaks its protocols, as one platform's settings have it: who one is there, in which region, and the
 * clients, each loaded and made when it is first asked for.
 */
export class AwsAccess {
  readonly settings: AwsSettings;
  /** Whether it is AWS itself, where requests cost money and images have to be in a registry. */
  readonly isAws: boolean;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #clients = new Map<string, Promise<Destroyable>>();
  readonly #credentials: Credentials | undefined;
  #config: Promise<AwsClientConfig> | undefined;
  #account: Promise<Account> | undefined;
  #store: Promise<ObjectStore & { close?(): Promise<void> }> | undefined;

  /** @param credentials - Who one is. @default the settings and the usual chain say so */
  constructor(
    settings: AwsSettings,
    environment: Readonly<Record<string, string | undefined>>,
    credentials?: Credentials,
  ) {
    this.settings = settings;
    this.#credentials = credentials;
    this.#environment = environment;
    this.isAws = isAwsEndpoint(settings.endpoint);
  }

  /**
   * A client, made with what holds for all and kept: `client('SageMaker', async (config) => new (await
   * import('@aws-sdk/client-sagemaker')).SageMakerClient(config))`.
   */
  client<Client extends Destroyable>(
    name: string,
    make: (config: AwsClientConfig) => Promise<Client>,
  ): Promise<Client> {
    const made = this.#clients.get(name) ?? this.config().then(make);
    this.#clients.set(name, made);
    return made as Promise<Client>;
  }

  /** @throws SluiceError `InvalidArgument` where nothing says the region */
  config(): Promise<AwsClientConfig> {
    this.#config ??= this.#makeConfig();
    return this.#config;
  }

  /** The account and region that the credentials are good for. @throws SluiceError `CredentialsMissing` and as {@link call} */
  account(): Promise<Account> {
    this.#account ??= this.#findAccount().catch((error: unknown) => {
      this.#account = undefined;
      throw error;
    });
    return this.#account;
  }

  /** The platform's S3. */
  store(): Promise<ObjectStore> {
    this.#store ??= this.#openStore();
    return this.#store;
  }

  /**
   * Asks a service, and tells errors in Sluice's words.
   *
   * @param what - What is done, for messages: `CreateTrainingJob 'train-1'`
   * @throws SluiceError `CredentialsMissing`, `CredentialsExpired`, `CredentialsInvalid`, `RoleRefused`, `AccessDenied`,
   *   `CapacityUnavailable`, `QuotaExceeded`, `QuotaZero`, `Throttled`, `PlatformUnavailable`, `InvalidArgument`
   */
  async call<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      const profile = this.settings.profile ?? (this.#environment['AWS_PROFILE'] || undefined);
      throw awsError(error, what, profile === undefined ? this.settings : { ...this.settings, profile });
    }
  }

  /** Closes all clients. Idempotent. */
  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    for (const client of await Promise.allSettled(clients))
      if (client.status === 'fulfilled') client.value.destroy();
    const store = this.#store;
    this.#store = undefined;
    await (await store?.catch(() => undefined))?.close?.();
  }

  async #makeConfig(): Promise<AwsClientConfig> {
    const { endpoint } = this.settings;
    const region = await this.region();
    const own = this.#credentials;
    return {
      region,
      credentials: own ? async () => own : await awsCredentials(this.settings, region, this.isAws),
      ...(endpoint !== undefined && { endpoint }),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_LIMIT_MS, requestTimeout: ANSWER_LIMIT_MS },
    };
  }

  /** What the settings, the environment or the profile say; nothing is asked. @throws SluiceError `InvalidArgument` where none does */
  async region(): Promise<string> {
    const { region, profile } = this.settings;
    const named = region ?? (this.#environment['AWS_REGION'] || this.#environment['AWS_DEFAULT_REGION']);
    if (named) return named;
    if (!this.isAws) return 'us-east-1';
    // The SDK reads the shared files of AWS.
    const { STSClient } = await import('@aws-sdk/client-sts');
    const client = new STSClient(profile === undefined ? {} : { profile });
    try {
      return await client.config.region();
    } catch (cause) {
      throw new SluiceError('InvalidArgument', 'Nothing says which region of AWS is meant.', {
        cause,
        hint: 'Set region: in the settings of the platform, AWS_REGION, or region of the profile.',
      });
    } finally {
      client.destroy();
    }
  }

  async #findAccount(): Promise<Account> {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const client = await this.client(
      'STS',
      async (config) => new (await import('@aws-sdk/client-sts')).STSClient(config),
    );
    const { region } = await this.config();
    const { Account: accountId = '' } = await this.call('GetCallerIdentity', () =>
      client.send(new GetCallerIdentityCommand({})),
    );
    return { accountId, region };
  }

  async #openStore(): Promise<ObjectStore> {
    const { region, endpoint, credentials } = await this.config();
    const options = { region, provider: credentials, ...(endpoint !== undefined && { endpoint }) };
    return openStore({ kind: 's3', options });
  }
}
