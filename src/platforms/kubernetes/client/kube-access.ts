/** Who one is at a cluster's API server: what every request carries. */
export interface KubeCredentials {
  /** A bearer token. */
  readonly token?: string | undefined;
  /** `user:password`, for servers that still take it. */
  readonly basic?: string | undefined;
  /** A client certificate and its key, PEM. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** A cluster, and who one is there. */
export interface KubeAccess {
  /** The API server's URL, without trailing slash. */
  readonly server: string;
  /** Where objects go that name no namespace. */
  readonly namespace: string;
  /** What the server's certificate is checked with, PEM. @default what Node trusts */
  readonly ca?: string | undefined;
  /** Whether any certificate will do. @default false */
  readonly skipVerify?: boolean | undefined;
  /** The name in the server's certificate, where it is not the one of the URL. */
  readonly serverName?: string | undefined;
  /** Where all this stands, for messages: `context 'lab' of /home/me/.kube/config`. */
  readonly source: string;
  /**
   * @param refused - Those that the server has just refused: they are to be made anew, where they can be
   * @throws SluiceError `CredentialsMissing`, `CredentialsInvalid`, `ConfigInvalid`
   */
  credentials(refused?: KubeCredentials): Promise<KubeCredentials>;
}
