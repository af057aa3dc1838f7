import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sluice } from '../harness/sluice.ts';

const SDK = pathToFileURL(join(import.meta.dirname, '../../src/index.ts')).href;

const PIPELINE = `
import { processingTask, trainingTask, uri, workflow } from '${SDK}';
const clean = processingTask('clean', {
  script: 'clean.mjs', instanceType: 'ml.m5.large', inputs: { raw: {} }, outputs: { data: {} }, imageSizeInBytes: 1e9,
});
const train = trainingTask('train', {
  script: 'clean.mjs', instanceType: 'ml.m5.xlarge', channels: ['train'], expectedDurationInSeconds: 7200, spot: true,
});
export const flow = workflow('flow', { inputs: { raw: uri() } }, ({ raw }) => {
  train({ train: clean({ raw }).data });
});
export const short = workflow('short', { inputs: { raw: uri() } }, ({ raw }) => void clean({ raw }));
`;

const SAGEMAKER = 'platforms: { sagemaker: { region: us-east-1, images: { node: own:1 } } }\n';

let cwd: string;
let home: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sluice-plan-'));
  home = join(cwd, 'home');
  await mkdir(home);
  await mkdir(join(cwd, 'raw'));
  await writeFile(join(cwd, 'raw/a.csv'), 'a,b\n');
  await writeFile(join(cwd, 'clean.mjs'), '');
  await writeFile(join(cwd, 'pipeline.ts'), PIPELINE);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const call = (...args: string[]) => sluice(args, { cwd, home });

interface PlanJson {
  readonly steps: readonly {
    readonly step: string;
    readonly chosen: Record<string, unknown>;
    readonly considered: readonly Record<string, unknown>[];
  }[];
  readonly total: { readonly seconds: number; readonly usd: number | null };
}

test('a plan shows every platform that is enabled, trusted or not, with reason, time and cost, and starts nothing', {
  timeout: 300_000,
}, async () => {
  const platforms =
    'platforms: { sagemaker: { images: { node: own:1 } }, kubernetes: {}, coreweave: {}, batch: {}, emr: {} }\n';
  await writeFile(join(cwd, 'sluice.yaml'), platforms);
  const json = await call('plan', 'pipeline.ts', 'flow', '--input', 'raw=raw', '--json');
  expect(json).toMatchObject({ code: 0, stderr: '' });
  const { steps, total } = JSON.parse(json.stdout) as PlanJson;
  expect(steps.map(({ step, chosen }) => [step, chosen['platform'], chosen['usd']])).toEqual([
    ['clean', 'kubernetes', null],
    ['train', 'sagemaker', 0.138],
  ]);
  expect(steps[1]?.chosen).toEqual({
    platform: 'sagemaker',
    instanceType: 'ml.m5.xlarge',
    spot: true,
    seconds: 7380,
    usd: 0.138,
    priced: '2026-11-20',
    reason: "rule 'training of 1 to 24 h'; duration 2 h",
  });
  expect(steps[1]?.considered.map(({ platform }) => platform)).toEqual([
    'local',
    'sagemaker',
    'kubernetes',
    'coreweave',
    'batch',
    'emr',
  ]);
  expect(steps[1]?.considered[5]).toMatchObject({
    fits: false,
    reason: expect.stringContaining('does not name it') as string,
  });
  expect(total).toEqual({ seconds: 3630 + 7380, usd: null });
  const text = await call('plan', 'pipeline.ts', 'flow', '--input', 'raw=raw');
  expect(text.stdout).toMatch(/▸ train +sagemaker \(spot\) +ml\.m5\.xlarge +2\.1 h +\$0\.14 +rule/);
  expect(text.stdout).toContain('at least $0.14: what clean costs is not known, at prices of 2026-11-20.');
  const runs = await call('--config', join(cwd, 'sluice.yaml'), 'runs', 'ls', '--json');
  expect(runs.stdout).not.toContain('flow');
  await rm(join(cwd, 'sluice.yaml'));
});

test('a run that costs money shows its plan, and does not begin where nobody agrees', {
  timeout: 300_000,
}, async () => {
  await writeFile(join(home, 'config.yaml'), `${SAGEMAKER}router: { rules: [{ platforms: [sagemaker] }] }\n`);
  const refused = await call('run', 'pipeline.ts', 'short', '--input', 'raw=raw');
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/▸ clean +sagemaker +ml\.m5\.large/);
  expect(refused.stderr).toContain('CostNotApproved: The run would cost about $0.12 on sagemaker.');
  expect(refused.stderr).toContain('--yes');
  expect((await call('runs', 'ls', '--json')).stdout).not.toContain('short');
});

test('a run keeps its plan, and the next plan knows how long it took', { timeout: 300_000 }, async () => {
  await writeFile(
    join(home, 'config.yaml'),
    'platforms: { sagemaker: { region: us-east-1 } }\nrouter: { rules: [{ name: here, platforms: [local] }] }\n',
  );
  const run = await call(
    'run',
    'pipeline.ts',
    'short',
    '--input',
    'raw=raw',
    '--executor',
    'process',
    '--json',
  );
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const lines = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ type: 'plan', steps: [{ step: 'clean', chosen: { platform: 'local' } }] });
  const { id } = lines.at(-1) as { id: string };
  const shown = await call('runs', 'show', id);
  expect(shown.stdout).toMatch(/Plan \(policy flowchart\)\n[^]*clean +local +\$0 +rule 'here'/);
  const { steps } = JSON.parse(
    (await call('plan', 'pipeline.ts', 'short', '--input', 'raw=raw', '--json')).stdout,
  ) as PlanJson;
  expect(steps[0]?.chosen['seconds']).toBeLessThan(600);
  const costs = JSON.parse((await call('costs', '--json')).stdout) as { rows: unknown[]; total: unknown };
  const row = { workflow: 'short', task: 'clean', platform: 'local', jobs: 1, estimatedUsd: 0, actualUsd: 0 };
  expect(costs).toMatchObject({ rows: [row], total: { jobs: 1, actualUsd: 0 } });
  expect((await call('costs', '--by', 'platform')).stdout).toMatch(
    /^PLATFORM +JOBS[^]*local +1 +\d+ s +\$0 +\$0/,
  );
});

test('what a platform lacks for a task is said before a run starts, and AWS alone has prices', {
  timeout: 300_000,
}, async () => {
  const plan = async (platforms: string, ...more: string[]) => {
    await writeFile(join(home, 'config.yaml'), `platforms: ${platforms}\n`);
    const { code, stdout, stderr } = await call(
      ...more,
      'pipeline.ts',
      'flow',
      '--input',
      'raw=raw',
      '--json',
    );
    if (code !== 0) return stderr;
    return (JSON.parse(stdout) as PlanJson).steps[1]?.considered;
  };
  const lack = "SageMaker has no image with Node.js, in which 'clean.mjs' could run: name one";
  expect(await plan('{ sagemaker: {}, emr: {} }', 'plan')).toMatchObject([
    { platform: 'local', fits: true },
    { platform: 'sagemaker', fits: false, reason: expect.stringContaining(lack) as string },
    { platform: 'emr', fits: false },
  ]);
  expect(await plan('{ sagemaker: {} }', 'run', '--platform', 'sagemaker')).toContain(lack);
  const served = '{ sagemaker: { endpoint: "http://127.0.0.1:9" } }';
  expect(await plan(served, 'plan', '--platform', 'sagemaker')).toMatchObject([
    { platform: 'sagemaker', usd: 0 },
  ]);
  expect(await plan('{}', 'plan')).toMatchObject([
    { platform: 'local', reason: 'no other platform is enabled' },
  ]);
});

test('rules that contradict are refused by name', { timeout: 300_000 }, async () => {
  await writeFile(
    join(home, 'config.yaml'),
    'platforms: { batch: {} }\nrouter: { rules: [{ name: a, platforms: [local] }, { name: b, when: requires_gpu, platforms: [batch] }] }\n',
  );
  const refused = await call('plan', 'pipeline.ts', 'short');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("they contradict: 'a' says local, 'b' batch") as string,
  });
  expect(await call('config', 'check')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("rule 'b' never decides") as string,
  });
});
