import { SluiceError } from '../../../core/errors.ts';

/** What FlyteAdmin tells, to everybody, of how one is let in. */
export interface AuthServer {
  readonly tokenEndpoint: string;
  readonly authorizationEndpoint: string;
  readonly deviceAuthorizationEndpoint: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly audience: string;
  /** The header that takes the token. */
  readonly header: string;
}

/** Asks FlyteAdmin's anonymous service for metadata. */
export type AskAuthMetadata = <Answer>(method: string) => Promise<Answer>;

/** What of `flyteidl.service.OAuth2MetadataResponse` is needed. */
interface OAuth2Metadata {
  readonly tokenEndpoint?: string;
  readonly authorizationEndpoint?: string;
  readonly deviceAuthorizationEndpoint?: string;
}

/** What of `flyteidl.service.PublicClientAuthConfigResponse` is needed. */
interface PublicClientConfig {
  readonly clientId?: string;
  readonly redirectUri?: string;
  readonly scopes?: readonly string[];
  readonly audience?: string;
  readonly authorizationMetadataKey?: string;
}

/** Asks FlyteAdmin how one is let in. */
export async function askAuthServer(ask: AskAuthMetadata): Promise<AuthServer> {
  const [server, client] = await Promise.all([
    ask<OAuth2Metadata>('GetOAuth2Metadata'),
    ask<PublicClientConfig>('GetPublicClientConfig'),
  ]);
  return {
    tokenEndpoint: server.tokenEndpoint ?? '',
    authorizationEndpoint: server.authorizationEndpoint ?? '',
    deviceAuthorizationEndpoint: server.deviceAuthorizationEndpoint ?? '',
    clientId: client.clientId ?? '',
    redirectUri: client.redirectUri ?? '',
    scopes: client.scopes ?? [],
    audience: client.audience ?? '',
    header: client.authorizationMetadataKey || 'authorization',
  };
}

/** An address that FlyteAdmin has told. @throws SluiceError `PlatformUnavailable` where it has not */
export function expectUrl(url: string, what: string): string {
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new SluiceError('PlatformUnavailable', `FlyteAdmin tells no ${what} (got '${url}').`, {
    hint: 'Its administrator sets it up; or choose another admin.authType.',
  });
}
