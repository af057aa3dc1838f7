import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  CreateModelCommand,
  type CreateModelCommandInput,
  DescribeModelCommand,
  ListModelsCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../../harness/cluster.ts';
import { ApiClient, graphOf } from '../../harness/runs-api.ts';
import { describeJob, type ServeFixture, trainWith, waitFor } from '../../harness/sluice-serve.ts';

const mebi = 1024 * 1024;

/** What may befall a database, until what it resolves with is called. */
type Trouble = (cluster: Cluster) => Promise<() => Promise<void> | void>;

async function fillDisk(cluster: Cluster): Promise<() => void> {
  const ballast = join(cluster.postgres.directory, 'small', 'ballast');
  const shell = (command: string) => cluster.sql(`COPY (SELECT 1) TO PROGRAM '${command}'`);
  shell(`head -c ${64 * mebi} /dev/zero > ${ballast} || true`);
  return () => void shell(`rm ${ballast}`);
}

async function makeReadOnly(cluster: Cluster): Promise<() => void> {
  const set = (value: string) => {
    cluster.sql(`ALTER ROLE app SET default_transaction_read_only = ${value}`);
    cut(cluster);
  };
  set('on');
  return () => set('off');
}

async function holdTables(cluster: Cluster): Promise<() => Promise<void>> {
  const { programs, directory, port } = cluster.postgres;
  const sql = [
    'BEGIN',
    'LOCK TABLE sluice.models, sluice.runs, sluice.jobs IN EXCLUSIVE MODE',
    "\\echo 'held'",
    'SELECT pg_sleep(600)',
  ];
  const args = ['-h', directory, '-p', String(port), '-U', 'sluice', '-d', 'cluster', '-q', '-At'];
  const holder = spawn(join(programs, 'psql'), args, { stdio: ['pipe', 'pipe', 'ignore'] });
  holder.stdin.write(sql.map((line) => (line.startsWith('\\') ? `${line}\n` : `${line};\n`)).join(''));
  await once(holder.stdout, 'data');
  return async () => {
    cluster.sql(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
    );
    holder.stdin.end();
    await once(holder, 'close');
  };
}

async function refuseConnections(cluster: Cluster): Promise<() => void> {
  cluster.sql('ALTER ROLE app CONNECTION LIMIT 0');
  cut(cluster);
  return () => void cluster.sql('ALTER ROLE app CONNECTION LIMIT -1');
}

function cut(cluster: Cluster): void {
  cluster.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'");
}

async function ended(server: ServeFixture, name: string) {
  const read = async () => (await describeJob(server, name)).TrainingJobStatus;
  await expect.poll(() => read().catch(() => 'unknown')).toMatch(/Completed|Failed/);
  return describeJob(server, name);
}

/** Large enough for no page to have room for it by chance. */
function modelRequest(name: string): CreateModelCommandInput {
  const values = Array.from({ length: 75 }, (_, index) => [`V${index}`, randomBytes(750).toString('base64')]);
  return {
    ModelName: name,
    ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Test',
    PrimaryContainer: { Image: 'any', Environment: Object.fromEntries(values) as Record<string, string> },
  };
}

const graphs = new Map<string, object>();

/** The same request for the same key. */
function runRequest(key: string): object {
  const graph =
    graphs.get(key) ??
    graphOf(key, { only: `console.log('${randomBytes(30_000).toString('base64')}'.length)` });
  graphs.set(key, graph);
  return { graph, idempotencyKey: key };
}

describe('a server whose database', () => {
  let cluster: Cluster;
  let server: ServeFixture;
  let api: ApiClient;

  beforeAll(async () => {
    cluster = await Cluster.start({}, { smallDisk: 48 * mebi });
    server = await cluster.serve('a');
    api = await ApiClient.open(server.url);
  }, 240_000);

  afterAll(() => cluster?.[Symbol.asyncDispose](), 120_000);

  it.each<[string, string, string, Trouble]>([
    ['has no room left', 'full', 'DiskFull', fillDisk],
    ['takes no writes', 'read-only', 'HomeReadOnly', makeReadOnly],
    ['has tables that somebody holds', 'held', 'HomeLocked', holdTables],
    ['gives no connection', 'refusing', 'DatabaseUnreachable', refuseConnections],
  ])(
    '%s answers 503 to what it cannot write, keeps all that it has answered, and goes on',
    async (_, name, code, trouble) => {
      await trainWith(server, `${name}-job`, "setTimeout(() => console.log('done'), 3000);");
      const mend = await trouble(cluster);
      // Both wait for as long as the server does.
      const [models, runs] = await Promise.all([modelsUntilRefused(name), runsUntilRefused(name)]);
      expect(models.refusal).toEqual(['ServiceUnavailable', 503]);
      expect(runs.refusal).toEqual([503, code, '1']);

      await mend();
      const again = `${name}-again`;
      await expect
        .poll(() =>
          server.sagemaker.send(new CreateModelCommand(modelRequest(again))).then(
            () => 'made',
            (error: Error) => error.name,
          ),
        )
        // Nobody can say of one that was answered 503 before whether it has been made.
        .toMatch(/^(made|ValidationException)$/);
      for (const key of [...runs.made, runs.refused]) {
        const run = await api.post('/runs', runRequest(key));
        expect([201, 200]).toContain(run.status);
        expect(await api.ended(run.body.id)).toMatchObject({ phase: 'Succeeded' });
      }
      expect(await modelsOf(name)).toEqual([...models.made, again].toSorted());
      expect((await waitFor(server, `${name}-job`, 'Completed')).FailureReason).toBeUndefined();
    },
    300_000,
  );

  async function modelsUntilRefused(name: string) {
    const made: string[] = [];
    for (;;) {
      const model = `${name}-${made.length}`;
      try {
        await server.sagemaker.send(new CreateModelCommand(modelRequest(model)));
        made.push(model);
      } catch (error) {
        const { name: code, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } };
        return { made, refusal: [code, $metadata.httpStatusCode] };
      }
    }
  }

  async function runsUntilRefused(name: string) {
    const made: string[] = [];
    for (;;) {
      const key = `${name}-${made.length}`;
      const { status, body, headers } = await api.post('/runs', runRequest(key));
      if (status !== 201)
        return { made, refused: key, refusal: [status, body.error.code, headers.get('retry-after')] };
      made.push(key);
    }
  }

  async function modelsOf(name: string): Promise<string[]> {
    const { Models = [] } = await server.sagemaker.send(
      new ListModelsCommand({ NameContains: `${name}-`, MaxResults: 100 }),
    );
    return Models.map(({ ModelName }) => ModelName as string).toSorted();
  }
});

describe('two servers whose database has five connections for all', () => {
  let cluster: Cluster;
  let servers: readonly ServeFixture[];

  beforeAll(async () => {
    const settings = { max_connections: 8, superuser_reserved_connections: 3, max_wal_senders: 0 };
    cluster = await Cluster.start({}, { settings });
    servers = [await cluster.serve('a'), await cluster.serve('b')];
  }, 240_000);

  afterAll(() => cluster?.[Symbol.asyncDispose](), 120_000);

  it('wait for one, or answer 503, and whatever they have taken on comes to its end', async () => {
    const begun: string[] = [];
    const outcomes = new Set<string>();
    const each = async (server: ServeFixture, index: number) => {
      const name = `job-${index}`;
      await trainWith(server, name, "console.log('done');").then(
        () => begun.push(name),
        (error: { name: string; $metadata?: { httpStatusCode?: number } }) =>
          outcomes.add(`${error.name} ${error.$metadata?.httpStatusCode}`),
      );
      await server.sagemaker
        .send(new DescribeModelCommand({ ModelName: 'none' }))
        .catch((error: Error) => outcomes.add(error.name));
    };
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => each(servers[index % 2] as ServeFixture, index)),
    );
    for (const name of outcomes) expect(name).toMatch(/^(ServiceUnavailable( 503)?|ValidationException)$/);
    expect(begun.length).toBeGreaterThan(0);
    for (const name of begun) {
      const { TrainingJobStatus, FailureReason } = await ended(servers[0] as ServeFixture, name);
      expect([name, TrainingJobStatus, FailureReason]).toEqual([name, 'Completed', undefined]);
    }
  }, 300_000);
});
