import { readFile } from 'node:fs/promises';
import { errorMessage, SluiceError } from '../../../core/errors.ts';
import type { AdminSettings } from '../admin/admin-settings.ts';
import { type AuthServer, expectUrl } from './auth-server.ts';
import { requestToken, type Token, TokenRefused } from './token.ts';

/** flytectl's. */
const DEFAULT_CLIENT = 'flytepropeller';

/** What a flow gets a token with. */
export interface FlowOptions {
  readonly settings: AdminSettings;
  readonly server: AuthServer;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tells the user what to do. */
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A token for a client with a secret.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 * @throws SluiceError `CredentialsMissing`, `CredentialsInvalid`, `PlatformUnavailable`
 */
export async function clientSecretToken(options: FlowOptions): Promise<Token> {
  const { settings, server } = options;
  const clientId = settings.clientId ?? DEFAULT_CLIENT;
  const secret = await readSecret(options);
  const basic = [clientId, secret].map(encodeURIComponent).join(':');
  const audience = settings.useAudienceFromAdmin ? server.audience : settings.audience;
  try {
    return await requestToken({
      url: settings.tokenUrl ?? expectUrl(server.tokenEndpoint, 'token endpoint'),
      headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
      form: {
        grant_type: 'client_credentials',
        scope: (settings.scopes ?? server.scopes).join(' '),
        audience,
      },
    });
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw new TokenRefused(
      error.reason,
      error.message,
      `Check admin.clientId (${clientId}) and its secret (${secretName(settings)}).`,
    );
  }
}

function secretName({ clientSecretEnvVar, clientSecretLocation }: AdminSettings): string {
  return clientSecretEnvVar ?? clientSecretLocation ?? '';
}

async function readSecret({ settings, environment }: FlowOptions): Promise<string> {
  const { clientSecretEnvVar, clientSecretLocation } = settings;
  if (clientSecretEnvVar !== undefined) {
    const secret = environment[clientSecretEnvVar]?.trim();
    if (secret) return secret;
    throw missing(`The variable ${clientSecretEnvVar}, admin.clientSecretEnvVar, is not set.`);
  }
  if (clientSecretLocation === undefined) throw missing('There is no secret for the client.');
  try {
    return (await readFile(clientSecretLocation, 'utf8')).trim();
  } catch (cause) {
    throw missing(`admin.clientSecretLocation cannot be read: ${errorMessage(cause)}`, cause);
  }
}

function missing(message: string, cause?: unknown): SluiceError {
  return new SluiceError('CredentialsMissing', message, {
    cause,
    hint: 'Put it where admin.clientSecretEnvVar or admin.clientSecretLocation of the configuration says.',
  });
}
