import { StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../../harness/cluster.ts';
import {
  describeJob,
  logMessages,
  type ServeFixture,
  trainWith,
  waitFor,
  waitForLine,
} from '../../harness/sluice-serve.ts';

const WAITS = "console.log('it runs'); setInterval(() => undefined, 1000);";

let cluster: Cluster;
let a: ServeFixture;
let b: ServeFixture;

beforeAll(async () => {
  cluster = await Cluster.start();
  [a, b] = await Promise.all([cluster.serve('a'), cluster.serve('b')]);
}, 240_000);

afterAll(() => cluster?.[Symbol.asyncDispose](), 120_000);

describe('two servers of one database and one store', () => {
  it('read the logs of each other’s jobs, and stop them', async () => {
    await trainWith(a, 'shared', WAITS);
    await waitForLine(b, 'shared', 'it runs');
    const { stdout } = await cluster.sluice('b', ['jobs', 'logs', 'shared']);
    expect(stdout).toBe('it runs\n');
    await b.sagemaker.send(new StopTrainingJobCommand({ TrainingJobName: 'shared' }));
    expect((await describeJob(b, 'shared')).TrainingJobStatus).toMatch(/^Stop/);
    expect((await waitFor(b, 'shared', 'Stopped')).TrainingJobStatus).toBe('Stopped');
    // By now they are in the store: the machine that ran the job may be gone.
    await a.killAll();
    expect(await logMessages(b, 'shared')).toEqual(['it runs']);
    a = await cluster.serve('a');
    expect(await logMessages(a, 'shared')).toEqual(['it runs']);
  }, 240_000);
});
