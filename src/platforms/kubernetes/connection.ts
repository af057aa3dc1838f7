import type { Account } from '../../core/account.ts';
import type { KubernetesSettings } from '../../core/platforms-settings.ts';
import type { ObjectStore } from '../../objects/index.ts';
import { AwsAccess } from '../aws/aws-access.ts';
import type { KubeAccess } from './client/kube-access.ts';
import { KubeClient } from './client/kube-client.ts';
import { Cluster } from './cluster.ts';
import { podS3 } from './pod-store.ts';

/** A cluster and the S3 that its pods reach, opened. */
export interface Connection {
  readonly cluster: Cluster;
  readonly aws: AwsAccess;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly s3: { readonly endpoint?: string | undefined; readonly region: string };
}

/** What is opened. */
export interface ConnectionOptions {
  /** The platform's name, for messages. */
  readonly name: string;
  readonly settings: KubernetesSettings;
  readonly account: Account;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly access: () => Promise<KubeAccess>;
}

/** Opens them: nothing is asked yet. @throws SluiceError `ConfigInvalid`, `CredentialsMissing` */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { name, settings, account, environment } = options;
  const { access, bucket } = podS3(name, settings, account, environment);
  const aws = new AwsAccess(access, environment);
  const { region } = await aws.config();
  const cluster = new Cluster(new KubeClient(await options.access()), settings);
  return { cluster, aws, store: await aws.store(), bucket, s3: { endpoint: access.endpoint, region } };
}

/** Ends what it holds. */
export async function closeConnection({ cluster, aws }: Connection): Promise<void> {
  cluster.close();
  await aws.close();
}
