import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeFreePort } from '../../../src/jobs/serving/free-port.ts';
import { FlyteClient } from '../../harness/flyte-client.ts';
import { type RunningProgram, startSluice } from '../../harness/sluice.ts';
import { type AwsService, startAwsService } from './aws-service.ts';
import { type Judged, judge } from './judge.ts';
import { warmUp } from './warm-up.ts';

let aws: AwsService;
let home: string;
beforeAll(async () => {
  aws = await startAwsService();
  home = await mkdtemp(join(tmpdir(), 'restarted-'));
  await mkdir(home, { recursive: true });
  const sagemaker = `{ endpoint: '${aws.serve.url}', region: us-east-1 }`;
  await writeFile(join(home, 'config.yaml'), `platforms:\n  sagemaker: ${sagemaker}\n`);
}, 300_000);
afterAll(async () => {
  await aws?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

async function start(port: number): Promise<RunningProgram> {
  const program = startSluice(['connector', '--port', String(port)], { home });
  await program.printed('Ctrl-C stops it.');
  using client = await FlyteClient.connect(port);
  await warmUp(client);
  return program;
}

const attemptsOf = ({ tasks }: Judged) => [...new Set(tasks.map(({ attempt }) => attempt))];

test('a connector that is killed and begins anew finds its tasks again: none fails, none is done twice', async () => {
  const port = await takeFreePort();
  let connector = await start(port);
  const workflows = ['sluice_jobs.train_for_long', 'aws_jobs.train_slowly'];
  let running = 0;
  const { promise: allRun, resolve } = Promise.withResolvers<void>();
  const judging = workflows.map((workflow) => {
    let seen = false;
    return judge({
      workflow,
      port,
      onEvent: ({ event, phase }) => {
        if (event !== 'task' || phase !== 'RUNNING' || seen) return;
        seen = true;
        if (++running === workflows.length) resolve();
      },
    });
  });
  try {
    await Promise.race([allRun, Promise.all(judging)]);
    expect(running).toBe(workflows.length);
    connector.child.kill('SIGKILL');
    await connector.ended;
    connector = await start(port);
    for (const judged of await Promise.all(judging)) {
      expect(judged).toMatchObject({ error: undefined, phase: 'Succeeded' });
      expect(attemptsOf(judged)).toEqual([0]);
    }
  } finally {
    connector.child.kill('SIGTERM');
    await connector.ended;
  }
}, 400_000);
