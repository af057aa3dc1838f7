import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type PostgresOptions, type PostgresServer, startPostgres } from '../../scripts/support/postgres.mjs';
import { startS3, type TestS3 } from './s3-server.ts';
import { type ProgramResult, sluice } from './sluice.ts';
import { type ServeFixture, startServe } from './sluice-serve.ts';

/** A key that all servers of a {@link Cluster} take. */
export const sharedKey = { accessKeyId: 'AKIASHARED', secretAccessKey: 'shared/secret' };

/** A database and a store for several servers, each with a home of its own. */
export class Cluster implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly s3: TestS3;
  readonly #directory = mkdtempSync(join(tmpdir(), 'cluster-'));
  readonly #servers: ServeFixture[] = [];
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(postgres: PostgresServer, s3: TestS3, environment: Readonly<Record<string, string>>) {
    this.postgres = postgres;
    this.s3 = s3;
    this.#environment = {
      DATABASE_URL: `${postgres.url.replace('sluice@', 'app@')}/cluster`,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...environment,
    };
  }

  /** With a small disk the database lies on that. */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    options: PostgresOptions = {},
  ): Promise<Cluster> {
    const postgres = await startPostgres(options);
    postgres.tools('createuser', ['app']);
    const place = options.smallDisk === undefined ? [] : ['--tablespace', 'small'];
    if (place.length > 0) {
      const location = join(postgres.directory, 'small');
      postgres.tools('psql', ['-d', 'postgres', '-c', `CREATE TABLESPACE small LOCATION '${location}'`]);
    }
    postgres.tools('createdb', ['--owner', 'app', ...place, 'cluster']);
    return new Cluster(postgres, await startS3({ verify: false }), environment);
  }

  home(name: string): string {
    return join(this.#directory, name);
  }

  /** What leads a server of this name to the database and the store. */
  environment(name: string): Record<string, string> {
    return { ...this.#environment, SLUICE_WORKER: name };
  }

  /** Starts a server over a home of its own. */
  async serve(
    name: string,
    { args = [], environment = {} }: { args?: string[]; environment?: Record<string, string> } = {},
  ): Promise<ServeFixture> {
    const all = { ...this.environment(name), ...environment };
    const server = await startServe(this.home(name), args, { environment: all });
    this.#servers.push(server);
    const config = { endpoint: this.s3.url, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 };
    const s3 = new S3Client({ ...config, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    const credentials = this.#environment['SLUICE_ACCESS_KEY_ID'] ? sharedKey : server.credentials;
    const sagemaker = new SageMakerClient({ ...config, endpoint: server.url, credentials });
    return { ...server, s3, sagemaker, credentials };
  }

  /** Runs a command over the home of a server. */
  sluice(name: string, args: readonly string[]): Promise<ProgramResult> {
    return sluice(args, { home: this.home(name), environment: this.#environment });
  }

  /** SQL as the superuser. */
  sql(statement: string): string {
    const { stdout, stderr } = this.postgres.tools('psql', [
      '-X',
      '-q',
      '-At',
      '-d',
      'cluster',
      '-c',
      statement,
    ]);
    if (stderr.includes('ERROR')) throw new Error(stderr);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
    await this.s3.close();
    await this.postgres.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
