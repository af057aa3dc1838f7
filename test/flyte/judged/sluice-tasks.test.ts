import { afterAll, beforeAll, describe, test } from 'vitest';
import { FakePlatform } from '../../engine/fake-platform.ts';
import { type ConnectorFixture, startConnector } from '../../harness/flyte-connector.ts';
import { type Judged, judge } from './judge.ts';
import { warmUp } from './warm-up.ts';

let connector: ConnectorFixture;
beforeAll(async () => {
  connector = await startConnector();
  await warmUp(connector.client);
}, 300_000);
afterAll(() => connector?.[Symbol.asyncDispose]());

const attemptsOf = ({ tasks }: Judged) => [...new Set(tasks.map(({ attempt }) => attempt))];
const phasesOf = ({ tasks }: Judged) => [...new Set(tasks.map(({ phase }) => phase))];

// Each waits for Flyte, which asks every five seconds.
describe.concurrent('Sluice’s own task types, under Propeller', { timeout: 400_000 }, () => {
  test('a training task succeeds with typed outputs', async ({ expect }) => {
    const judged = await judge({
      workflow: 'sluice_jobs.train_well',
      port: connector.port,
      inputs: { epochs: 2 },
    });
    expect(judged).toMatchObject({
      error: undefined,
      phase: 'Succeeded',
      outputs: {
        o0: { scalar: { primitive: { stringValue: expect.stringMatching(/^s3:.*model\.tar\.gz$/) } } },
        o1: { scalar: { primitive: { floatValue: 0.25 } } },
      },
    });
  });

  test('a processing task succeeds', async ({ expect }) => {
    const judged = await judge({ workflow: 'sluice_jobs.process_rows', port: connector.port });
    expect(judged.error).toBeUndefined();
    expect(judged.outputs['o0']?.scalar?.primitive?.stringValue).toMatch(/^s3:/);
  });

  test('a job that fails spends the user’s retries, and its last failure tells why', async ({ expect }) => {
    const judged = await judge({ workflow: 'sluice_jobs.train_and_fail', port: connector.port });
    expect(judged.phase).toBe('Failed');
    expect(judged.error?.message).toContain('it was to fail');
    expect(attemptsOf(judged)).toEqual([0, 1]);
  });

  test('its time over, a job is stopped', async ({ expect }) => {
    const judged = await judge({ workflow: 'sluice_jobs.train_too_long', port: connector.port });
    expect(judged.phase).toBe('Failed');
    expect(judged.error?.message).toMatch(/timeout/i);
    const job = judged.tasks.findLast(({ customInfo }) => customInfo)?.customInfo?.['job'];
    const { home } = connector;
    await expect
      .poll(async () => (await home.findJob(String(job))).status, { timeout: 120_000 })
      .toBe('Stopped');
  });

  test('what can never work has failed at once, and says what is wrong', async ({ expect }) => {
    const judged = await judge({ workflow: 'sluice_jobs.ask_nonsense', port: connector.port });
    expect(judged.error?.message).toContain('InvalidArgument');
    expect(attemptsOf(judged)).toEqual([0]);
  });

  test('a spot loss spends none of the user’s retries: the task goes on running', async ({ expect }) => {
    const lost = {
      phase: 'failed',
      status: 'Failed',
      message: 'Taken away.',
      displaced: 'interruption',
    } as const;
    const answers: (typeof lost)[] = [];
    const platform = new FakePlatform(() => answers.shift() ?? {});
    const spot = await startConnector({ platforms: [platform] });
    try {
      await warmUp(spot.client);
      const before = platform.submitted.length;
      answers.push(lost, lost);
      const flags = ['-interruptible'];
      const judged = await judge({ workflow: 'sluice_jobs.train_on_spot', port: spot.port, flags });
      expect(judged.phase).toBe('Succeeded');
      expect(attemptsOf(judged)).toEqual([0]);
      expect(phasesOf(judged)).not.toContain('FAILED');
      expect(platform.submitted).toHaveLength(before + 3);
    } finally {
      await spot[Symbol.asyncDispose]();
    }
  });
});
