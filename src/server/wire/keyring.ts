import type { Credentials } from '../../core/sigv4.ts';

/** Who signs requests. */
export interface AccessKey extends Credentials {
  /** Whose it is: a name of the configuration, `job training/my-job`. For the access log. */
  readonly name: string;
  /** An owner may do everything, a job what `check-rights.ts` says, a session what its role's policies allow. */
  readonly holder: 'owner' | 'job' | 'session';
  /** Of a session: the role that was assumed, and the name that was given. */
  readonly assumed?: { readonly role: string; readonly session: string };
}

/** The keys that requests may be signed with. */
export interface Keyring {
  /** @throws SignatureError `UnknownKey`, `InvalidToken`, `ExpiredToken` */
  find(accessKeyId: string, sessionToken: string | undefined): Promise<AccessKey>;
}
