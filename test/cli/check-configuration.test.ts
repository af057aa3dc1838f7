import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkConfiguration } from '../../src/cli/check-configuration.ts';
import { homePaths } from '../../src/core/home.ts';

async function check(platforms: string) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-check-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'sluice.yaml');
  writeFileSync(path, `platforms: ${platforms}\n`);
  const [checked] = await checkConfiguration({ paths: homePaths(directory), environment: {} }, [path]);
  return checked;
}

test.each([
  ['{ sagemaker: { executionRole: Admin } }', 'platforms.sagemaker.executionRole'],
  ['{ emr: { executionRole: "arn:aws:s3:::a" } }', 'platforms.emr.executionRole'],
  ['{ batch: { assumeRole: { arn: x } } }', 'platforms.batch.assumeRole.arn'],
])('%s is wrong: %s is no ARN of a role', async (platforms, key) => {
  expect(await check(platforms)).toMatchObject({
    status: 'wrong',
    problem: expect.stringMatching(`expected the ARN of a role, [^]*at ${key}$`) as string,
  });
});

test.each<[platforms: string, doubts: string[] | undefined]>([
  ['{ sagemaker: { region: eu-west-1, executionRole: "arn:aws:iam::ACCOUNT:role/A" } }', undefined],
  [
    '{ sagemaker: { region: eu-wset-1 } }',
    [
      "platforms.sagemaker.region: 'eu-wset-1' is no region of AWS that is known here. Did you mean 'eu-west-1'?",
    ],
  ],
  [
    '{ emr: { region: us-east-1 } }',
    [
      'platforms.emr: nothing can run there: neither applicationId, of an EMR Serverless application, nor clusterId is set.',
    ],
  ],
])('%s is well, and what is probably not meant is told', async (platforms, doubts) => {
  const checked = await check(platforms);
  expect([checked?.status, checked?.doubts]).toEqual(['well', doubts]);
});
