import { readFile } from 'node:fs/promises';
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { backOff } from '../../../core/backoff.ts';
import { errorMessage, SluiceError } from '../../../core/errors.ts';
import { Authenticator } from '../auth/authenticator.ts';
import { commandToken } from '../auth/external-command.ts';
import { TokenFile } from '../auth/token-file.ts';
import { adminError } from './admin-error.ts';
import { type AdminService, adminMethod, type FlyteVersion } from './admin-protos.ts';
import type { AdminSettings } from './admin-settings.ts';

/** How often a request is sent that FlyteAdmin did not get, or has no room for. */
const RETRIES = { attempts: 5, baseMs: 250, maxMs: 8000 };

/** How long one try may take, milliseconds: flytectl's. */
const LIMIT_MS = 15_000;

/** The longest answer that is read, bytes: a workflow's closure may be long. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** How FlyteAdmin is talked to. */
export interface FlyteAdminOptions {
  readonly settings: AdminSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A file for what users have agreed to. Absolute path. */
  readonly tokenFile: string;
  /** Tells the user what to do, to be let in. */
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** @default 1 */
  readonly version?: FlyteVersion | undefined;
}

/** FlyteAdmin over gRPC, or the control plane of Flyte 2. It is let in when it is asked to be. */
export class FlyteAdmin implements AsyncDisposable {
  readonly settings: AdminSettings;
  readonly #client: Client;
  readonly #version: FlyteVersion;
  readonly #authenticator: Authenticator;
  readonly #signal: AbortSignal | undefined;
  #proxy: Promise<string> | undefined;

  /** Opens it; nothing is sent yet. @throws SluiceError `ConfigInvalid` */
  static async open(options: FlyteAdminOptions): Promise<FlyteAdmin> {
    const { settings } = options;
    const client = new Client(settings.endpoint, await channelCredentials(settings), {
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
      'grpc.max_send_message_length': MAX_ANSWER_BYTES,
    });
    return new FlyteAdmin(client, options);
  }

  private constructor(client: Client, options: FlyteAdminOptions) {
    const { settings, environment, say, signal, version = 1 } = options;
    this.#version = version;
    this.settings = settings;
    this.#client = client;
    this.#signal = signal;
    this.#authenticator = new Authenticator({
      settings,
      environment,
      say,
      signal,
      ask: (method) => this.#retried('AuthMetadataService', method, {}),
      tokens: new TokenFile(options.tokenFile),
    });
  }

  /**
   * Asks FlyteAdmin.
   *
   * @throws SluiceError `PlatformUnavailable`, the codes of credentials, and what {@link adminError} makes of a refusal
   */
  async ask<Answer>(service: AdminService, method: string, request: object): Promise<Answer> {
    for (let isNew = false; ; ) {
      const header = await this.#authenticator.header();
      try {
        return await this.#retried<Answer>(service, method, request, header);
      } catch (error) {
        const { code } = error as Partial<ServiceError>;
        if (isNew || code !== status.UNAUTHENTICATED) throw adminError(error, this.settings);
      }
      isNew = await this.#authenticator.renew(header?.value);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }

  async #retried<Answer>(
    service: AdminService,
    method: string,
    request: object,
    header?: { readonly name: string; readonly value: string },
  ): Promise<Answer> {
    const metadata = new Metadata();
    if (header) metadata.set(header.name, header.value);
    const proxy = await this.#proxyToken();
    if (proxy !== undefined) metadata.set('proxy-authorization', `Bearer ${proxy}`);
    for (let attempt = 1; ; attempt++) {
      this.#signal?.throwIfAborted();
      try {
        return await this.#send<Answer>(service, method, request, metadata);
      } catch (error) {
        if (attempt === RETRIES.attempts || !mayPass(error))
          throw isServiceError(error) ? error : adminError(error, this.settings);
        await backOff(attempt, RETRIES, this.#signal);
      }
    }
  }

  #send<Answer>(service: AdminService, method: string, request: object, metadata: Metadata): Promise<Answer> {
    const definition = adminMethod(this.#version, service, method);
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + LIMIT_MS },
        (error, answer) => {
          this.#signal?.removeEventListener('abort', cancel);
          if (error) reject(error);
          else resolve(answer as Answer);
        },
      );
      const cancel = (): void => call.cancel();
      this.#signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  async #proxyToken(): Promise<string | undefined> {
    const { proxyCommand } = this.settings;
    if (!proxyCommand) return undefined;
    this.#proxy ??= commandToken(proxyCommand, 'admin.proxyCommand').then((token) => token.accessToken);
    return this.#proxy;
  }
}

async function channelCredentials(settings: AdminSettings): Promise<ChannelCredentials> {
  if (settings.insecure) return credentials.createInsecure();
  const { caCertFilePath, insecureSkipVerify } = settings;
  const authority = caCertFilePath === undefined ? null : await readAuthority(caCertFilePath);
  return credentials.createSsl(authority, null, null, { rejectUnauthorized: !insecureSkipVerify });
}

async function readAuthority(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SluiceError('ConfigInvalid', `admin.caCertFilePath cannot be read: ${errorMessage(cause)}`, {
      cause,
    });
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return typeof (error as Partial<ServiceError>).code === 'number';
}

/** A request that was not carried out, or that does the same a second time: all of ours do. */
function mayPass(error: unknown): boolean {
  const { code } = error as Partial<ServiceError>;
  return code === status.UNAVAILABLE || code === status.RESOURCE_EXHAUSTED || code === status.ABORTED;
}
