import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sluice } from '../harness/sluice.ts';

const CONFIG_MAP = join(
  import.meta.dirname,
  '..',
  'fixtures',
  'configuration',
  'flyte-propeller-config.yaml',
);

let cwd: string;
let home: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-configuration-'));
  home = join(cwd, 'home');
  await mkdir(home);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const call = (...args: string[]) => sluice(args, { cwd, home });

test('a plugins.yaml is refused until it is trusted, checked, and shown with where each value comes from', {
  timeout: 300_000,
}, async () => {
  await copyFile(CONFIG_MAP, join(cwd, 'plugins.yaml'));
  await writeFile(
    join(home, 'config.yaml'),
    'platforms: { sagemaker: { profile: mine, region: eu-west-1 } }\nserver: { keys: { a: { accessKeyId: a, secretAccessKey: tops } } }\n',
  );
  const refused = await call('jobs', 'ls');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('ConfigUntrusted') as string });
  expect(refused.stderr).toContain('plugins.sagemaker.execution-role');
  expect(refused.stderr).toContain('sluice config trust');
  const checked = await call('config', 'check');
  expect(checked.code).toBe(0);
  expect(checked.stdout).toMatch(
    /plugins\.yaml: well, and not trusted; .*\n {2}plugins\.sagemaker\.region\n/,
  );
  expect(checked.stdout).toContain(
    'to fill in: plugins.sagemaker.execution-role: fill in the twelve digits of your AWS account in place of ACCOUNT',
  );
  expect((await call('config', 'trust')).stdout).toMatch(/plugins\.yaml is trusted until it changes\./);
  expect(await call('jobs', 'ls')).toMatchObject({ code: 0 });
  const shown = await call('config', 'show', '--effective');
  expect(shown.stdout).toMatch(/platforms\.sagemaker\.region +us-east-1 +\.\/plugins\.yaml\n/);
  expect(shown.stdout).toMatch(/platforms\.sagemaker\.profile +mine +\.\/home\/config\.yaml\n/);
  expect(shown.stdout).toMatch(/router\.policy +flowchart +default\n/);
  expect(shown.stdout).toContain('(hidden)');
  expect(shown.stdout).not.toContain('tops');
  const { values } = JSON.parse((await call('config', 'show', '--json')).stdout) as { values: unknown[] };
  expect(values).toContainEqual({
    key: 'platforms.batch.jobQueue',
    value: 'flyte-batch-queue',
    from: join(cwd, 'plugins.yaml'),
  });
  await call('config', 'trust', '--remove');
  expect(await call('jobs', 'ls')).toMatchObject({ code: 1 });
  expect(await call('jobs', 'ls', '--config', 'plugins.yaml')).toMatchObject({ code: 0 });
  expect(await call('--config', 'absent.yaml', 'jobs', 'ls')).toMatchObject({ code: 1 });
});
