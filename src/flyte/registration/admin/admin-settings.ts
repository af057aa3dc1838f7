import { SluiceError } from '../../../core/errors.ts';

/** The ways to get a token, in flytectl's words. */
export const AUTH_TYPES = ['ClientSecret', 'Pkce', 'DeviceFlow', 'ExternalCommand'] as const;

/** A way to get a token. */
export type AuthType = (typeof AUTH_TYPES)[number];

/** Where FlyteAdmin is, and how one is let in. Names are those of flytectl's `admin:` section. */
export interface AdminSettings {
  /** `host:port` */
  readonly endpoint: string;
  /** Without TLS. */
  readonly insecure: boolean;
  readonly insecureSkipVerify: boolean;
  readonly caCertFilePath?: string | undefined;
  /** @default ClientSecret where there is a secret, else Pkce */
  readonly authType?: AuthType | undefined;
  /** @default what FlyteAdmin tells; of ClientSecret flytepropeller */
  readonly clientId?: string | undefined;
  readonly clientSecretLocation?: string | undefined;
  readonly clientSecretEnvVar?: string | undefined;
  /** @default what FlyteAdmin tells */
  readonly scopes?: readonly string[] | undefined;
  readonly audience?: string | undefined;
  readonly useAudienceFromAdmin?: boolean | undefined;
  /** @default what FlyteAdmin tells */
  readonly tokenUrl?: string | undefined;
  /** @default what FlyteAdmin tells, else `authorization` */
  readonly authorizationHeader?: string | undefined;
  /** Prints a token. */
  readonly command?: readonly string[] | undefined;
  /** Prints a token for a proxy before FlyteAdmin. */
  readonly proxyCommand?: readonly string[] | undefined;
  /** Of the console, for links. @default the endpoint's */
  readonly consoleUrl?: string | undefined;
}

/** An endpoint as it is written, `dns:///host:port`, `https://host`, `host:port`; and whether it says that there is no TLS. */
export function parseEndpoint(text: string, field: string): { endpoint: string; insecure?: boolean } {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/{2,3}(.*)$/i.exec(text) ?? [undefined, '', text];
  const host = rest.replace(/\/+$/, '');
  const known = ['', 'dns', 'http', 'https', 'passthrough'].includes(scheme.toLowerCase());
  if (!known || !/^(?:\[[0-9a-f:.]+\]|[^\s/:[\]]+)(?::\d{1,5})?$/i.test(host))
    throw new SluiceError(
      'InvalidArgument',
      `${field}: expected host:port or dns:///host:port, got '${text}'.`,
    );
  const insecure = scheme === '' ? undefined : { http: true, https: false }[scheme.toLowerCase()];
  return {
    endpoint: /:\d+$/.test(host) ? host : `${host}:${insecure === true ? 80 : 443}`,
    ...(insecure !== undefined && { insecure }),
  };
}

/** A page of the console: `console/projects/…` of Flyte 1, `v2/domain/…` of Flyte 2. */
export function consoleLink(settings: AdminSettings, path: string): string {
  const { consoleUrl, insecure, endpoint } = settings;
  const base = consoleUrl ?? `${insecure ? 'http' : 'https'}://${endpoint.replace(/:443$/, '')}`;
  return `${base.replace(/\/+$/, '')}/${path}`;
}
