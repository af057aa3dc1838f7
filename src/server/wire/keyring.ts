import type { Credentials } from '../../core/sigv4.ts';

/** Who signs requests. */
export interface AccessKey extends Credentials {
  /** Whose it is: a name of the configuration, `job training/my-job`. For the access log. */
  readonly name: string;
  /** An owner may do everything, a job what `check-rights.ts` says. */
  readonly holder: 'owner' | 'job';
}

/** The keys that requests may be signed with. */
export interface Keyring {
  /** @throws SignatureError `UnknownKey`, `InvalidToken`, `ExpiredToken` */
  find(accessKeyId: string, sessionToken: string | undefined): Promise<AccessKey>;
}
