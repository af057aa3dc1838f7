import type { AdminSettings, AuthType } from '../admin/admin-settings.ts';
import { type AskAuthMetadata, type AuthServer, askAuthServer, expectUrl } from './auth-server.ts';
import { clientSecretToken, type FlowOptions } from './client-secret.ts';
import { deviceToken } from './device-flow.ts';
import { commandToken } from './external-command.ts';
import { pkceToken } from './pkce.ts';
import { requestToken, type Token, TokenRefused } from './token.ts';
import type { TokenFile } from './token-file.ts';

/** A token that ends so soon is not used any more, milliseconds. */
const MARGIN_MS = 30_000;

/** What tokens are got with. */
export interface AuthenticatorOptions extends Omit<FlowOptions, 'server'> {
  readonly ask: AskAuthMetadata;
  readonly tokens: TokenFile;
}

const flows: Readonly<Record<AuthType, (options: FlowOptions) => Promise<Token>>> = {
  ClientSecret: clientSecretToken,
  Pkce: pkceToken,
  DeviceFlow: deviceToken,
  ExternalCommand: ({ settings }) => commandToken(settings.command, 'admin.command'),
};

/** Flows that ask a user: what they have agreed to is kept. */
const kept: ReadonlySet<AuthType> = new Set(['Pkce', 'DeviceFlow']);

/** Gets tokens for FlyteAdmin when it asks for one, by the flow that its settings say. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #server: Promise<AuthServer> | undefined;
  #token: Token | undefined;
  #getting: Promise<Token> | undefined;
  /** The one that was found in the file. */
  #kept: Token | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** The header with the token that there is; undefined where there is none yet. */
  async header(): Promise<{ name: string; value: string } | undefined> {
    if (!this.#token) return undefined;
    const token = isGood(this.#token) ? this.#token : await this.#get(this.#token.accessToken);
    return { name: await this.#headerName(), value: `Bearer ${token.accessToken}` };
  }

  /**
   * Gets another token than the one that FlyteAdmin did not take.
   *
   * @param refused the header's value; undefined where there was none
   * @returns whether it is new; one that was kept may be good no more
   */
  async renew(refused: string | undefined): Promise<boolean> {
    const token = await this.#get(refused?.replace(/^Bearer /, ''));
    return token !== this.#kept;
  }

  /** Whoever asks meanwhile gets the same: a user is not asked twice. */
  async #get(refused: string | undefined): Promise<Token> {
    // Another call has got a new one since.
    if (this.#token && this.#token.accessToken !== refused && isGood(this.#token)) return this.#token;
    this.#getting ??= this.#next(refused).finally(() => {
      this.#getting = undefined;
    });
    this.#token = await this.#getting;
    return this.#token;
  }

  async #next(refused: string | undefined): Promise<Token> {
    const { settings, tokens } = this.#options;
    const type = authTypeOf(settings);
    if (!kept.has(type)) return flows[type](await this.#flow());
    const key = [settings.endpoint, type, settings.clientId ?? ''].join(' ');
    const known = await tokens.get(key);
    if (known && known.accessToken !== refused && isGood(known)) {
      this.#kept = known;
      return known;
    }
    const token = (await this.#refresh(known)) ?? (await flows[type](await this.#flow()));
    await tokens.set(key, token);
    return token;
  }

  async #flow(): Promise<FlowOptions> {
    return { ...this.#options, server: await this.#askServer() };
  }

  /** Without asking the user; undefined where the server wants that. */
  async #refresh(known: Token | undefined): Promise<Token | undefined> {
    if (known?.refreshToken === undefined) return undefined;
    const { settings } = this.#options;
    const server = await this.#askServer();
    try {
      const token = await requestToken({
        url: settings.tokenUrl ?? expectUrl(server.tokenEndpoint, 'token endpoint'),
        form: {
          grant_type: 'refresh_token',
          refresh_token: known.refreshToken,
          client_id: settings.clientId ?? server.clientId,
        },
      });
      return { refreshToken: known.refreshToken, ...token };
    } catch (error) {
      if (error instanceof TokenRefused) return undefined;
      throw error;
    }
  }

  async #headerName(): Promise<string> {
    return this.#options.settings.authorizationHeader ?? (await this.#askServer()).header;
  }

  #askServer(): Promise<AuthServer> {
    this.#server ??= askAuthServer(this.#options.ask);
    return this.#server;
  }
}

function authTypeOf({
  authType,
  clientSecretEnvVar,
  clientSecretLocation,
  command,
}: AdminSettings): AuthType {
  if (authType) return authType;
  if (clientSecretEnvVar !== undefined || clientSecretLocation !== undefined) return 'ClientSecret';
  return command ? 'ExternalCommand' : 'Pkce';
}

function isGood({ expiresAt = Infinity }: Token): boolean {
  return expiresAt - MARGIN_MS > Date.now();
}
